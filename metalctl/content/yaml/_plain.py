"""A tree as plain values (YAML 1.2's core types), and as a dataclass that pydantic checks."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

from metalctl.content.errors import Place, Problem
from metalctl.content.suggest import suggest
from metalctl.content.yaml._tree import Mapping, Node, Scalar, Sequence, short

T = TypeVar("T")
_WORDS = {written: word == "true" for word in ("true", "false") for written in (word, word.title(), word.upper())}
_NUMBERS = (
    (re.compile(r"[-+]?[0-9]{1,4000}"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?"), float),
)


def plain(node: Node) -> Any:
    """Dicts, lists, text, numbers, true and false, None. What stands in quotes is text."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if node.is_null:
        return None
    if not node.plain or node.text in _WORDS:
        return _WORDS[node.text] if node.plain else node.text
    return next((kind(node.text) for form, kind in _NUMBERS if form.fullmatch(node.text)), node.text)


def validated(tree: Mapping, kind: type[T], problems: list[Problem]) -> T | None:
    """The tree as a pydantic dataclass, or None; every mistake is placed at what it is about."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(plain(tree))
    except ValidationError as error:
        problems.extend(_problem(tree, kind, dict(e)) for e in error.errors())
        return None


def place_of(node: Node, *path: str | int) -> Place:
    """Where the value stands that keys and positions lead to, or what is around it; of a collection, its key."""
    *above, last = path
    around, inner = _inner(node, tuple(above)), _inner(node, path)
    key = around.keys.get(str(last)) if isinstance(around, Mapping) else None
    return inner.place if isinstance(inner, Scalar) else key or inner.place


def _inner(node: Node, path: tuple[str | int, ...]) -> Node:
    for step in path:
        if isinstance(node, Mapping) and step in node.items:
            node = node.items[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
    return node


def _problem(tree: Mapping, kind: Any, error: dict[str, Any]) -> Problem:
    path: tuple[str | int, ...] = error["loc"]
    if error["type"] != "unexpected_keyword_argument":
        # A validator of ours raises ValueError(message) or ValueError(message, hint).
        said = error["ctx"]["error"].args if error["type"] == "value_error" else (error["msg"],)
        return Problem(place_of(tree, *path), f"{'.'.join(map(str, path))}: {said[0]}", *said[1:])
    *above, key = map(str, path)
    around = _inner(tree, path[:-1])
    place = around.keys[key] if isinstance(around, Mapping) else around.place
    where = f"{'.'.join(above)}: " if above else ""
    return Problem(place, f"{where}no key is called {short(key)}", suggest(key, _names(kind, above)))


def _names(kind: Any, path: list[str]) -> list[str]:
    """The keys that a dataclass has there."""
    for step in path:
        kind = get_type_hints(kind).get(step)
    return [one.name for one in fields(kind)] if is_dataclass(kind) else []
