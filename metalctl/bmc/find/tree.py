"""A YAML file as plain values that know their line, read without recursion and within limits: no file can exhaust us.

Anchors and aliases are refused: they are how a small file becomes a large one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 2 << 20
MAX_DEPTH = 8
MAX_VALUES = 100_000  # some 6,000 machines of a manifest
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """line counts from 1; 0 is the file as a whole."""

    line: int
    message: str


@dataclass(slots=True)
class Node:
    """A scalar (`text`), a list (`items`) or a mapping (`keys`: name → value, `lines`: name → line). line from 1."""

    line: int
    kind: str
    text: str = ""
    items: list[Node] = field(default_factory=list)
    keys: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """As a person may read it in a message; never long."""
        if self.kind != "scalar":
            return "a list" if self.kind == "list" else "keys and values"
        return repr(self.text if len(self.text) <= 60 else self.text[:57] + "...")


class Broken(Exception):
    """The file has no usable tree."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.mistake = Mistake(line, message)


def load(path: Path, mistakes: list[Mistake]) -> Node | None:
    """The root of the file, None when there is none; duplicate keys and the like are added to `mistakes`."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        mistakes.append(Mistake(0, f"cannot be read: {getattr(error, 'strerror', None) or error}"))
        return None
    return parse(data, mistakes)


def parse(data: bytes, mistakes: list[Mistake]) -> Node | None:
    """The same of bytes in hand."""
    try:
        if len(data) > MAX_BYTES:
            raise Broken(0, f"is larger than {MAX_BYTES >> 20} MiB")
        return _build(data.decode("utf-8-sig"), mistakes)
    except UnicodeDecodeError as error:
        mistakes.append(Mistake(data.count(b"\n", 0, error.start) + 1, "is not UTF-8 text"))
    except Broken as broken:
        mistakes.append(broken.mistake)
    return None


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _events(text: str) -> Iterator[Any]:
    line = 1
    try:
        for event in yaml.parse(text, Loader=_Parser):
            line = _line(event)
            yield event
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "a character that is not allowed"
        raise Broken(mark.line + 1 if mark else line, f"is not YAML: {what}") from None
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError) as error:
        raise Broken(line, f"is not YAML: {error}"[:200]) from None


def _build(text: str, mistakes: list[Mistake]) -> Node | None:
    root: Node | None = None
    stack: list[tuple[Node, list[Node]]] = []  # what is open, and the key that waits for its value
    documents = values = 0
    for event in _events(text):
        line = _line(event)
        documents += isinstance(event, yaml.DocumentStartEvent)
        values += isinstance(event, yaml.NodeEvent)
        _within(documents, values, len(stack), line)
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, line)
            if stack:
                _put(*stack[-1], node, mistakes)
            else:
                root = node
            if node.kind != "scalar":
                stack.append((node, []))
    return root


def _within(documents: int, values: int, depth: int, line: int) -> None:
    if documents > 1:
        raise Broken(line, "holds a second document; keep one in a file")
    if depth > MAX_DEPTH or values > MAX_VALUES:
        raise Broken(line, "is nested too deeply" if depth > MAX_DEPTH else f"has more than {MAX_VALUES} values")


def _node(event: Any, line: int) -> Node:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise Broken(line, "anchors and aliases are not read; write the value out")
    if isinstance(event, yaml.ScalarEvent):
        empty = event.implicit[0] and event.value in NULLS
        return Node(line, "scalar", "" if empty else str(event.value))
    return Node(line, "list" if isinstance(event, yaml.SequenceStartEvent) else "mapping")


def _put(parent: Node, key: list[Node], node: Node, mistakes: list[Mistake]) -> None:
    if parent.kind == "list":
        parent.items.append(node)
    elif not key:
        if node.kind != "scalar":
            raise Broken(node.line, f"expected a key, got {node.shown}")
        key.append(node)
    else:
        name = key.pop()
        if name.text in parent.keys:
            mistakes.append(Mistake(name.line, f"{name.shown} is here twice; first in line {parent.lines[name.text]}"))
            return
        parent.keys[name.text], parent.lines[name.text] = node, name.line
