"""Serials, UUIDs and MAC addresses of one tree, told apart for each BMC of the fleet.

The first BMC is the capture itself. The others keep the shape of every token: a MAC becomes 02:<index>:<which>, a
UUID keeps its first twenty digits, a serial keeps all but its last five characters. Within a fleet each is unique.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_MAC = re.compile(r"(?<![0-9A-Fa-f:.-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![:-]?[0-9A-Fa-f])")
_SERIAL_KEYS = frozenset({"SerialNumber", "ServiceTag", "ChassisServiceTag", "NodeID"})
_NOTHING = frozenset("0-:fF")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ROOM = 65536


class Tokens:
    """The tokens of a tree, longest first, so that one within another is not cut."""

    def __init__(self, resources: Iterable[Any]) -> None:
        found: dict[str, str] = {}
        for resource in resources:
            for key, text in _strings(resource, ""):
                found.update(_tokens(key, text))
        # Upper and lower case of one address are one address.
        which: dict[str, int] = {}
        self.kinds = dict(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))
        self._which = {token: which.setdefault(token.lower(), len(which)) for token in self.kinds}

    def of(self, index: int) -> list[str]:
        """The tokens of one BMC, in the order of `kinds`."""
        if index == 0:
            return list(self.kinds)
        return [_own(token, kind, self._which[token], index) for token, kind in self.kinds.items()]


def _strings(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)


def _tokens(key: str, text: str) -> Iterator[tuple[str, str]]:
    if text.startswith("/redfish"):
        return
    # Most strings are too short to hold one: the patterns are not even tried.
    if len(text) >= 36 and "-" in text:
        yield from _matches(_UUID, "uuid", text)
    if len(text) >= 17 and max(text.count(":"), text.count("-")) >= 5:
        yield from _matches(_MAC, "mac", text)
    serial = text.strip()
    plain = serial.isascii() and serial.isalnum() and len(serial) >= 6
    if key in _SERIAL_KEYS and plain and not _NOTHING.issuperset(serial):
        yield serial, "serial"


def _matches(pattern: re.Pattern[str], kind: str, text: str) -> Iterator[tuple[str, str]]:
    return ((m[0], kind) for m in pattern.finditer(text) if not _NOTHING.issuperset(m[0]))


def _own(token: str, kind: str, which: int, index: int) -> str:
    if kind == "serial":
        # Five digits of base 36 hold 922 serials of a tree times 65,536 BMCs.
        return token[:-5] + _base36(which % 922 * _ROOM + index % _ROOM)
    if kind == "uuid":
        own = f"{token[:24]}{which & 0xFFFF:04x}{index:08x}"
    else:
        digits = f"02{index & 0xFFFFFF:06x}{which & 0xFFFF:04x}"
        own = token[2].join(digits[at : at + 2] for at in range(0, 12, 2))
    return own.upper() if token.upper() == token else own.lower()


def _base36(number: int) -> str:
    digits = ""
    for _ in range(5):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
