"""A YAML file as a tree in which every value knows its file and line. Scalars stay text: the schema gives them a type.

The tree is built from parser events without recursion and with limits, so that no file, however made, can exhaust the
machine: at most 64 KiB, 32 levels, 5000 values; anchors and aliases are refused (`extends` is the way to share).
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from metalctl.content.errors import Problem

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_VALUES = 5000
MAX_PROBLEMS = 50
_MOST_PARSED = 32
_parsed: dict[str, tuple[Any, ...]] = {}
NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as written; plain: without quotes."""

    file: str
    line: int
    text: str
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """Whether nothing (or `~`) was written."""
        return self.plain and self.text in NULLS


@dataclass(slots=True)
class Sequence:
    """A list."""

    file: str
    line: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """A mapping in the order written; lines: where each key stands, as (file, line)."""

    file: str
    line: int
    items: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


class Unreadable(Exception):
    """The file has no usable tree; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read(path: Path, problems: list[Problem]) -> Mapping | None:
    """The file's tree, or None when there is none; what is wrong is added to `problems`."""
    try:
        return _build(_text(path), str(path), problems)
    except Unreadable as failed:
        problems.append(failed.problem)
        return None


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable(Problem(str(path), 0, "expected a YAML file, got something that is not a regular file"))
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreadable(
            Problem(str(path), 0, f"cannot be read: {reason}", "check the name and permissions")
        ) from error
    if len(data) > MAX_BYTES:
        raise Unreadable(Problem(str(path), 0, f"expected a profile of at most {MAX_BYTES // 1024} KiB, got more"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(Problem(str(path), line, "expected UTF-8 text, got other bytes")) from error


def _events(text: str, file: str) -> Iterator[Any]:
    """The parser's events; those of a text that was read to its end before are remembered.

    A service reads its few profiles again at every look at a node, and the parser takes 40 ms for one of the shipped.
    """
    if known := _parsed.get(text):
        yield from known
        return
    line, seen = 1, []
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            line = event.start_mark.line + 1
            seen.append(event)
            yield event
    except YAMLError as error:
        raise Unreadable(_syntax(error, file, line)) from error
    except (ValueError, OverflowError, IndexError, AttributeError, AssertionError, RecursionError, TypeError) as error:
        # The scanner itself trips over some garbage (a code point beyond Unicode, a version of 5000 digits).
        raise Unreadable(Problem(file, line, f"expected YAML, got what no parser reads ({error})"[:200])) from error
    if len(_parsed) >= _MOST_PARSED:
        _parsed.clear()
    _parsed[text] = tuple(seen)


def _syntax(error: YAMLError, file: str, line: int) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "context", None) or "a character that YAML does not permit"
    hint = "indent with spaces, never with tabs" if "\\t" in str(what) else ""
    return Problem(file, mark.line + 1 if mark else line, f"not YAML: {what}", hint)


@dataclass(slots=True)
class _Open:
    """A collection whose end was not seen yet; key: of the value that comes next, in a mapping."""

    node: Mapping | Sequence
    key: Scalar | None = None


def _build(text: str, file: str, problems: list[Problem]) -> Mapping:
    root: Node | None = None
    stack: list[_Open] = []
    documents = values = 0
    for event in _events(text, file):
        line = event.start_mark.line + 1
        documents += isinstance(event, DocumentStartEvent)
        values += isinstance(event, (ScalarEvent, MappingStartEvent, SequenceStartEvent))
        _limits(file, line, documents, values, len(stack))
        _no_sharing(event, file, line)
        if isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            stack.pop()
            continue
        node = _node(event, file, line)
        if node is None:
            continue
        if stack:
            _put(stack[-1], node, problems)
        else:
            root = node
        if not isinstance(node, Scalar):
            stack.append(_Open(node))
    if not isinstance(root, Mapping):
        got = "an empty file" if root is None or (isinstance(root, Scalar) and root.is_null) else describe(root)
        raise Unreadable(Problem(file, 1, f"expected a profile (keys and values), got {got}"))
    return root


def _limits(file: str, line: int, documents: int, values: int, depth: int) -> None:
    if documents > 1:
        raise Unreadable(Problem(file, line, "expected one document, got a second one", "keep one profile in a file"))
    if depth > MAX_DEPTH:
        raise Unreadable(Problem(file, line, f"expected at most {MAX_DEPTH} levels, got more"))
    if values > MAX_VALUES:
        raise Unreadable(Problem(file, line, f"expected at most {MAX_VALUES} values, got more"))


def _no_sharing(event: Any, file: str, line: int) -> None:
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
        hint = "write the value out, or share it through `extends`"
        raise Unreadable(Problem(file, line, "anchors and aliases are not read in profiles", hint))


def _node(event: Any, file: str, line: int) -> Node | None:
    if isinstance(event, ScalarEvent):
        return Scalar(file, line, str(event.value), event.style is None)
    if isinstance(event, MappingStartEvent):
        return Mapping(file, line)
    return Sequence(file, line) if isinstance(event, SequenceStartEvent) else None


def _put(parent: _Open, node: Node, problems: list[Problem]) -> None:
    """Adds the node to the collection that is open; a key is remembered until its value comes."""
    if isinstance(parent.node, Sequence):
        parent.node.items.append(node)
    elif parent.key is None:
        if not isinstance(node, Scalar):
            raise Unreadable(Problem(node.file, node.line, f"expected a key, got {describe(node)}"))
        parent.key = node
    else:
        key, parent.key = parent.key, None
        if isinstance(node, Scalar) and node.is_null:
            # The parser places an empty value at whatever follows it, a person looks at the key.
            node = Scalar(key.file, key.line, node.text, node.plain)
        if first := parent.node.lines.get(key.text):
            hint = "keep one of them"
            problems.append(Problem(key.file, key.line, f"{short(key.text)} is given twice (line {first[1]})", hint))
            return
        parent.node.items[key.text] = node
        parent.node.lines[key.text] = (key.file, key.line)


def describe(node: Node) -> str:
    """What was written, in a few words."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else short(node.text)
    return "a list" if isinstance(node, Sequence) else "keys and values"


def short(text: str) -> str:
    """Quoted, printable, and no longer than a line."""
    shown = text if len(text) <= 60 else text[:57] + "…"
    return '"' + "".join(c if c.isprintable() else "\ufffd" for c in shown) + '"'
