"""From bytes to a tree: the parser's events, built up without recursion and within limits. No file can exhaust us.

PyYAML is the house's one YAML library: libyaml's events take 0.5 ms for the largest profile that ships (30 times less
than a parser in Python), and Ansible and Ceph read what it writes. It knows YAML 1.1, but only its types differ from
1.2, and those we never ask for: `off` and `12:30` stay text.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from metalctl.content.errors import Place, Problem
from metalctl.content.yaml._tree import Mapping, Node, Scalar, Sequence, describe, short
from metalctl.model.errors import why_unreadable

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a file may hold. size: bytes; anchors: whether `&name`, `*name` and `<<` are read."""

    size: int = 64 * 1024
    depth: int = 32
    values: int = 5000
    documents: int = 1
    anchors: bool = False


class _Unreadable(Exception):
    """The file has no usable tree."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(place, message, hint)


def read(path: Path, problems: list[Problem], limits: Limits = Limits()) -> list[Node] | None:
    """The root of each document of the file, or None where it has no usable tree; mistakes go to `problems`."""
    try:
        return parse(_bytes(path, limits), str(path), problems, limits)
    except _Unreadable as failed:
        problems.append(failed.problem)
        return None


def mapping(
    path: Path, what: str, problems: list[Problem], limits: Limits = Limits(), empty: bool = False
) -> Mapping | None:
    """The keys and values of a file that holds nothing else. what: what the file is, for a person ("a profile").

    empty: a file that says nothing is no mistake, but a mapping without keys.
    """
    roots = read(path, problems, limits)
    if roots is None:
        return None
    top = Place(str(path), 1, 1)
    root = roots[0] if roots else Scalar(top, "")
    if isinstance(root, Mapping):
        return root
    nothing = isinstance(root, Scalar) and root.is_null
    if nothing and empty:
        return Mapping(top)
    place, got = (top, "an empty file") if nothing else (root.place, describe(root))
    problems.append(Problem(place, f"expected {what} (keys and values), got {got}"))
    return None


def parse(data: bytes, file: str, problems: list[Problem], limits: Limits) -> list[Node] | None:
    """As `read`, of bytes in hand."""
    try:
        builder = _Builder(problems, limits)
        for event, place in _events(_text(data, file), file):
            builder.feed(event, place)
        return builder.roots
    except _Unreadable as failed:
        problems.append(failed.problem)
        return None


def _bytes(path: Path, limits: Limits) -> bytes:
    place = Place(str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _Unreadable(place, "expected a YAML file, got something that is not a regular file")
        with path.open("rb") as stream:
            data = stream.read(limits.size + 1)
    except (OSError, ValueError) as error:
        raise _Unreadable(place, why_unreadable(error), "check the name and permissions") from error
    if len(data) > limits.size:
        raise _Unreadable(place, f"expected at most {limits.size // 1024} KiB, got more")
    return data


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(file, before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1)
        raise _Unreadable(place, "expected UTF-8 text, got other bytes") from error


def _events(text: str, file: str) -> Iterator[tuple[Any, Place]]:
    place = Place(file, 1, 1)
    try:
        for event in yaml.parse(text, Loader=_Parser):
            place = _place(file, event.start_mark)
            yield event, place
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        at = _place(file, mark) if mark else place
        words = (getattr(error, name, None) for name in ("problem", "context", "reason"))
        what = next(filter(None, words), "a character that YAML does not permit")
        line = text.splitlines()[at.line - 1 : at.line]
        raise _Unreadable(at, f"not YAML: {what}", _tabs("".join(line))) from None
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError, RecursionError) as error:
        # The scanner itself trips over some garbage (a code point beyond Unicode, a version of 5000 digits).
        raise _Unreadable(place, f"expected YAML, got what no parser reads ({error})"[:200]) from None


def _place(file: str, mark: Any) -> Place:
    return Place(file, int(mark.line) + 1, int(mark.column) + 1)


def _tabs(line: str) -> str:
    return "indent with spaces, never with tabs" if line[: len(line) - len(line.lstrip())].count("\t") else ""


@dataclass(slots=True)
class _Open:
    """A collection whose end was not seen yet; key: of the value that comes next, in a mapping."""

    node: Mapping | Sequence
    anchor: str | None
    key: Scalar | None = None


@dataclass(slots=True)
class _Builder:
    problems: list[Problem]
    limits: Limits
    roots: list[Node] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    documents: int = 0
    values: int = 0

    def feed(self, event: Any, place: Place) -> None:
        if isinstance(event, yaml.CollectionEndEvent):
            self._close(self.stack.pop())
        elif isinstance(event, yaml.NodeEvent):
            self._node(self._made(event, place), event, place)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors.clear()
            self.documents += 1
            self._within(self.documents, self.limits.documents, "documents", place)

    def _made(self, event: Any, place: Place) -> Node:
        if event.anchor and not self.limits.anchors:
            raise _Unreadable(place, "anchors and aliases are not read here", "write the value out")
        if isinstance(event, yaml.AliasEvent) and event.anchor:
            if event.anchor not in self.anchors:
                raise _Unreadable(place, f"nothing above is called {short(event.anchor)}")
            return self.anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(place, str(event.value), bool(event.implicit[0]))
        return Mapping(place) if isinstance(event, yaml.MappingStartEvent) else Sequence(place)

    def _node(self, node: Node, event: Any, place: Place) -> None:
        alias = isinstance(event, yaml.AliasEvent)
        self.values += _count(node) if alias else 1
        self._within(self.values, self.limits.values, "values", place)
        if self.stack:
            self._put(self.stack[-1], node)
        else:
            self.roots.append(node)
        if not isinstance(node, Scalar) and not alias:
            self.stack.append(_Open(node, event.anchor))
            self._within(len(self.stack), self.limits.depth, "levels", place)
        elif event.anchor:
            self.anchors[event.anchor] = node

    def _within(self, number: int, most: int, what: str, place: Place) -> None:
        if number > most:
            raise _Unreadable(place, f"expected at most {most} {what if most > 1 else what[:-1]}, got more")

    def _put(self, parent: _Open, node: Node) -> None:
        """Adds the node to the collection that is open; a key is remembered until its value comes."""
        if isinstance(parent.node, Sequence):
            parent.node.items.append(node)
        elif parent.key is None:
            if not isinstance(node, Scalar):
                raise _Unreadable(node.place, f"expected a key, got {describe(node)}")
            parent.key = node
        else:
            key, parent.key = parent.key, None
            if isinstance(node, Scalar) and node.is_null:
                # The parser places an empty value at whatever follows it, a person looks at the key.
                node = replace(node, place=key.place)
            if first := parent.node.keys.get(key.text):
                message = f"{short(key.text)} is given twice (line {first.line})"
                self.problems.append(Problem(key.place, message, "keep one of them"))
                return
            parent.node.items[key.text] = node
            parent.node.keys[key.text] = key.place

    def _close(self, ended: _Open) -> None:
        node = ended.node
        if self.limits.anchors and isinstance(node, Mapping) and "<<" in node.items:
            _merge(node)
        if ended.anchor:
            self.anchors[ended.anchor] = node


def _count(node: Node) -> int:
    inner = () if isinstance(node, Scalar) else node.items if isinstance(node, Sequence) else node.items.values()
    return 1 + sum(map(_count, inner))


def _merge(node: Mapping) -> None:
    """`<<: *other`: what the other says and this does not. It is placed here: here is what it does not fit to."""
    place, below = node.keys.pop("<<"), node.items.pop("<<")
    for source in below.items if isinstance(below, Sequence) else [below]:
        if not isinstance(source, Mapping):
            raise _Unreadable(place, f"<<: expected keys and values, got {describe(source)}")
        for key, value in source.items.items():
            if key not in node.items:
                node.items[key], node.keys[key] = replace(value, place=node.place), node.place
