"""Careful reading of JSON values: BMCs state numbers as strings, blanks as names, and zero for "I do not know"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.model import placeholders
from metalctl.model.parts import folded

_NOTHING = frozenset({"", "n/a", "none", "unknown", "null", "nil"})
_NUMBERS = frozenset({"SerialNumber", "PartNumber", "SparePartNumber", "SKU", "AssetTag"})
_NAMES = frozenset({"Manufacturer", "Model", "Vendor"})
_LONGEST = 4096


def text(resource: Resource, *names: str) -> str:
    """The first of these properties that says something, without blanks around; else ""."""
    for name in names:
        value = resource.get(name)
        if isinstance(value, str) and (found := meaning(name)(value)):
            return found
    return ""


def meaning(name: str) -> Callable[[str], str]:
    """How a text property of that name is read: a serial number that nobody burned in says nothing."""
    return placeholders.number if name in _NUMBERS else placeholders.text if name in _NAMES else said


@lru_cache(maxsize=8192)  # the machines of a rack say mostly the same words
def said(value: str) -> str:
    """The text without superfluous blanks, "" when it says nothing."""
    found = " ".join(value[:_LONGEST].split())
    return "" if found.lower() in _NOTHING else found


def word(value: object) -> str:
    """A word of an enumeration, folded: "LinkUp", "Link Up" and "LINK_UP" are one; "" when it says nothing."""
    return _word(value) if isinstance(value, str) else ""


@lru_cache(maxsize=8192)
def _word(value: str) -> str:
    return folded(said(value))


def number(resource: Resource, *names: str) -> float | None:
    """The first of these properties that is a finite number, or a string of one; else None."""
    return next((found for name in names if (found := finite(resource.get(name))) is not None), None)


def finite(value: object) -> float | None:
    """The number, also of a string; None when it is none, or beyond all measure."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if found - found == 0 else None


def whole(resource: Resource, *names: str) -> int | None:
    """Like `number`, rounded."""
    found = number(resource, *names)
    return None if found is None else round(found)


def child(resource: Resource, *names: str) -> Resource:
    """The object nested under these names, {} when it is not there. Some firmware puts it alone into a list."""
    for name in names:
        inner: Any = resource.get(name)
        if isinstance(inner, list) and len(inner) == 1:
            inner = inner[0]
        resource = inner if isinstance(inner, dict) else {}
    return resource


def entries(value: object) -> list[Any]:
    """The entries of a list property; some firmware leaves the list out around the only one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) and value else []


def items(resource: Resource, name: str) -> list[Resource]:
    """The objects of a list property."""
    return [item for item in entries(resource.get(name)) if isinstance(item, dict)]


def link(resource: Resource, *names: str) -> str:
    """The path that a link property leads to, "" when it is not there."""
    path = child(resource, *names).get("@odata.id")
    return path if isinstance(path, str) else ""


def linked(resource: Resource, *names: str) -> list[str]:
    """The paths that a list of links leads to."""
    *way, last = names
    return [path for row in items(child(resource, *way), last) if (path := link({"x": row}, "x"))]


def mac(value: object) -> str:
    """A MAC address in lower case with colons, "" when it is none, or can be that of no single port."""
    return placeholders.mac(value) if isinstance(value, str) else ""


def inside(value: object, most: int) -> Iterator[tuple[str, Any]]:
    """(name, value) of it and of what is nested in it, level by level, until there are `most`.

    An entry of a list has the list's name.
    """
    todo: list[tuple[str, Any]] = [("", value)]
    for name, one in todo:
        yield name, one
        if len(todo) < most and isinstance(one, dict):
            todo += one.items()
        elif len(todo) < most and isinstance(one, list):
            todo += [(name, entry) for entry in one]
