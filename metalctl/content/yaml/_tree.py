"""What a YAML file says: a tree in which every value knows its place. Scalars stay text: the reader gives types."""

from __future__ import annotations

from dataclasses import dataclass, field

from metalctl.content.errors import Place

NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as written; plain: without quotes."""

    place: Place
    text: str
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """Whether nothing (or `~`) was written."""
        return self.plain and self.text in NULLS


@dataclass(slots=True)
class Sequence:
    """A list."""

    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """Keys and values in the order written; keys: where each key stands."""

    place: Place
    items: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def describe(node: Node) -> str:
    """What was written, in a few words."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else short(node.text)
    return "a list" if isinstance(node, Sequence) else "keys and values"


def short(text: str) -> str:
    """Quoted, printable, and no longer than a line."""
    shown = text if len(text) <= 60 else text[:57] + "…"
    return '"' + "".join(c if c.isprintable() else "\ufffd" for c in shown) + '"'
