"""Readers of single values: text in, a value out, or `Mismatch` with what was expected.

Each carries its JSON Schema, so that a schema for editors says what is read and nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from metalctl.content.suggest import suggest
from metalctl.model import units
from metalctl.model.errors import MetalctlError

T = TypeVar("T")
JsonSchema = dict[str, Any]
TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})


class Mismatch(Exception):
    """The value is not what was expected; `hint` helps to write it. secret: it is not repeated in the message."""

    def __init__(self, expected: str, hint: str = "", secret: bool = False) -> None:
        super().__init__(expected)
        self.expected = expected
        self.hint = hint
        self.secret = secret


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """A reader of one kind of value, and the JSON Schema of what it reads."""

    read: Callable[[str], T]
    schema: JsonSchema = field(default_factory=dict)

    def __call__(self, text: str) -> T:
        """The value; raises Mismatch."""
        return self.read(text)


def number(text: str, parse: Callable[[str], float], expected: str) -> float:
    """What `parse` makes of the text, where a float can hold it; Mismatch with what was expected."""
    try:
        value = parse(text)
    except MetalctlError as error:
        raise Mismatch(expected, "" if error.hint.startswith("write it like") else error.hint) from error
    except (ValueError, OverflowError) as error:
        raise Mismatch(expected) from error
    if not math.isfinite(value):
        raise Mismatch(expected)
    return value


def whole(text: str) -> float:
    """A count without a fraction; UnitError."""
    value = units.parse_count(text)
    if value != int(value):
        raise units.UnitError(f"{text} is not a whole number", hint="a count is a whole number")
    return value


def whole_between(low: int, high: int) -> Value[int]:
    """A reader of whole numbers within bounds."""
    expected = f"a whole number from {low} to {high}"

    def read(text: str) -> int:
        value = number(text, whole, expected)
        if not low <= value <= high:
            raise Mismatch(expected)
        return int(value)

    return Value(read, {"type": ["integer", "string"], "minimum": low, "maximum": high, "description": expected})


def size_from(low: int) -> Value[int]:
    """A reader of sizes in bytes, at least `low`."""
    expected = f'a size such as "8 GiB", at least {units.format_size(low)}'

    def read(text: str) -> int:
        if (value := number(text, units.parse_size, expected)) < low:
            raise Mismatch(expected)
        return int(value)

    return Value(read, {"type": ["integer", "string"], "description": expected})


def one_of(*known: str) -> Value[str]:
    """A reader of one word among several."""

    def read(text: str) -> str:
        if text not in known:
            guess = suggest(text, list(known))
            raise Mismatch(" or ".join(known), guess if guess.startswith("did you") else "")
        return text

    return Value(read, {"enum": [float(k) if re.fullmatch(r"[0-9]\.[0-9]", k) else k for k in known] + [
        k for k in known if re.fullmatch(r"[0-9]\.[0-9]", k)]})  # fmt: skip


def matching(pattern: str, expected: str) -> Value[str]:
    """A reader of text that fits a pattern as a whole."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise Mismatch(expected)
        return text

    return Value(read, {"type": ["string", "number"], "pattern": f"^{pattern}$"})


def _seconds(text: str) -> float:
    return number(text, units.parse_duration, 'a time such as "60 s"')


def _day(text: str) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise Mismatch("a date such as 2027-01-31")


def _boolean(text: str) -> bool:
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise Mismatch("true or false")


def _word(text: str) -> str:
    if not text.strip():
        raise Mismatch("a word")
    return text


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise Mismatch(f"a regular expression ({error})") from error


seconds = Value(_seconds, {"type": ["string", "number"], "description": 'a time such as "60 s"'})
day = Value(_day, {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
boolean = Value(_boolean, {"enum": [True, False, "yes", "no", "on", "off"]})
word = Value(_word, {"type": ["string", "number", "boolean"]})
name = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", 'a name of letters, digits, "-", "_" and "."')
regex = Value(_pattern, {"type": "string"})
