"""Values of tools' JSON, taken without trust: whatever a tool writes, these give the asked kind or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

LARGEST = 1 << 63  # an inventory holds no larger whole number
_NAA = re.compile(r"[0-9a-f]{16}")


def parsed(text: str) -> dict[str, Any]:
    """The JSON object of a text; {} when it is none."""
    try:
        top = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return top if isinstance(top, dict) else {}


def at(value: Any, *path: str) -> Any:
    """What is below keys of nested objects; None when one of them is missing."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; an object alone is a list of one; [] for anything else."""
    if isinstance(value, dict):
        return [value]
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A string without surrounding white space; "" for anything else."""
    return value.strip(" \t\r\n\0") if isinstance(value, str) else ""


def first(data: Mapping[str, Any], *names: str) -> str:
    """The first of these keys that has a text, else ""."""
    return next((found for name in names if (found := text(data.get(name)))), "")


def part(value: Any) -> dict[str, Any]:
    """An object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def naa(stated: str) -> str:
    """A world-wide name as the kernel writes it ("0x5000c500…"); "" for what is not 16 hexadecimal digits."""
    digits = stated.lower().removeprefix("0x")
    return f"0x{digits}" if _NAA.fullmatch(digits) else ""


def real(value: Any) -> float | None:
    """A finite number, also one that the tool writes as text or as {"value": n}; None for anything else."""
    if isinstance(value, Mapping):
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if -1e40 < number < 1e40 else None


def whole(value: Any) -> int | None:
    """A whole number of less than 63 bits, exactly; None for anything else. Some tools write large ones as text."""
    if isinstance(value, Mapping):
        value = value.get("value")
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < LARGEST else None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) < 20:
        return whole(int(value))
    number = real(value)
    return whole(int(number)) if number is not None and number == int(number) else None


def product(count: int | None, unit: int) -> int | None:
    """count × unit; None without a count, and beyond 63 bits, where it is nothing that a machine has."""
    return whole(count * unit) if count is not None else None
