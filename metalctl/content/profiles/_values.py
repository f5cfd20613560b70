"""Single values of a profile: quantities, ranges, words.

Each reader gets text and raises `Mismatch` with what it expected.

A range is written `12` (exactly), `>= 64`, `<= 4` or `16..32` (both ends included); `≥` and `≤` are read too.
Each reader also carries its JSON Schema, so that the schema for editors says what is read and nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

from metalctl.content.suggest import suggest
from metalctl.model import units
from metalctl.model.errors import MetalctlError
from metalctl.model.profile import Range

T = TypeVar("T")
Parse = Callable[[str], float]
JsonSchema = dict[str, Any]
_QUANTITY = r"[0-9][0-9._]*\s*[A-Za-zµ%/]*\s*"
RANGE_PATTERN = rf"^\s*(>=|<=|≥|≤|==?)?\s*{_QUANTITY}(\.\.\s*{_QUANTITY})?$"
_BOUND = re.compile(r"^\s*(>=|<=|≥|≤|==?|>|<)?\s*(.*?)\s*$", re.DOTALL)
TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})


class Mismatch(Exception):
    """The value is not what was expected; `hint` helps to write it."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """A reader of one kind of value, and the JSON Schema of what it reads."""

    read: Callable[[str], T]
    schema: JsonSchema

    def __call__(self, text: str) -> T:
        """The value; raises Mismatch."""
        return self.read(text)


def _number(text: str, parse: Parse, expected: str) -> float:
    try:
        value = parse(text)
    except MetalctlError as error:
        raise Mismatch(expected, "" if error.hint.startswith("write it like") else error.hint) from error
    except (ValueError, OverflowError) as error:
        raise Mismatch(expected) from error
    if not math.isfinite(value):
        raise Mismatch(expected)
    return value


def _whole(text: str) -> float:
    value = units.parse_count(text)
    if value != int(value):
        raise units.UnitError(f"{text} is not a whole number", hint="a count is a whole number")
    return value


def range_of(parse: Parse, expected: str) -> Value[Range]:
    """A reader of ranges over the quantity that `parse` reads."""

    def read(text: str) -> Range:
        if ".." in text:
            low, _, high = text.partition("..")
            bounds = Range(_number(low, parse, expected), _number(high, parse, expected), text)
            if (bounds.low or 0) > (bounds.high or 0):
                raise Mismatch(expected, "the lower end of a range comes first")
            return bounds
        match = _BOUND.match(text)
        sign, rest = (match.group(1), match.group(2)) if match else ("", text)
        if sign in (">", "<"):
            raise Mismatch(expected, f'bounds include their end: write "{sign}= {rest}"')
        value = _number(rest, parse, expected)
        low_, high_ = sign not in ("<=", "≤"), sign not in (">=", "≥")
        return Range(value if low_ else None, value if high_ else None, text)

    return Value(read, {"type": ["string", "number"], "pattern": RANGE_PATTERN, "description": expected})


count_range = range_of(_whole, 'a count such as ">= 64", "12" or "16..32"')
size_range = range_of(units.parse_size, 'a size such as ">= 512 GiB" or "200 GB..2 TB"')
rate_range = range_of(units.parse_rate, 'a link rate such as ">= 25 Gb/s"')
power_range = range_of(units.parse_power, 'a power such as ">= 800 W"')
transfer_range = range_of(partial(units.parse_in, "MT/s"), 'a memory speed such as ">= 3200 MT/s"')
pcie_range = range_of(partial(units.parse_in, "GT/s"), 'a PCIe speed such as ">= 16 GT/s"')
endurance_range = range_of(partial(units.parse_in, "DWPD"), 'drive writes a day such as ">= 1 DWPD"')
share_range = range_of(units.parse_fraction, 'a share such as "<= 5 %"')


def at_most(ranges: Value[Range]) -> Value[Range]:
    """The same reader for limits: a plain number is the most that may be."""

    def read(text: str) -> Range:
        found = ranges(text)
        return Range(None, found.high, found.text) if found.low == found.high else found

    return Value(read, ranges.schema)


error_limit = at_most(range_of(_whole, 'the most that may be counted, such as "0" or "8"'))
wear_limit = at_most(range_of(units.parse_fraction, 'the largest share that may be used, such as "80 %"'))


def whole_between(low: int, high: int) -> Value[int]:
    """A reader of whole numbers within bounds."""
    expected = f"a whole number from {low} to {high}"

    def read(text: str) -> int:
        value = _number(text, _whole, expected)
        if not low <= value <= high:
            raise Mismatch(expected)
        return int(value)

    return Value(read, {"type": ["integer", "string"], "minimum": low, "maximum": high, "description": expected})


def _fraction(text: str) -> float:
    """A share of a whole, 0 to 1, such as "2 %"."""
    expected = 'a percentage such as "2 %"'
    value = _number(text, units.parse_fraction, expected)
    if not 0 <= value < 1:
        raise Mismatch(expected)
    return value


def _seconds(text: str) -> float:
    return _number(text, units.parse_duration, 'a time such as "60 s"')


def _errors(text: str) -> float:
    expected = 'a number of errors such as "0" or "100"'
    value = _number(text, _whole, expected)
    if value < 0:
        raise Mismatch(expected)
    return value


def _writes(text: str) -> float:
    return _number(text, partial(units.parse_in, "DWPD"), 'drive writes a day such as "1" or "3 DWPD"')


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


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", text):
        raise Mismatch('a name of letters, digits, "-", "_" and "."')
    return text


def one_of(*known: str) -> Value[str]:
    """A reader of one word among several."""

    def read(text: str) -> str:
        if text not in known:
            guess = suggest(text, list(known))
            raise Mismatch(" or ".join(known), guess if guess.startswith("did you") else "")
        return text

    return Value(read, {"enum": [float(k) if re.fullmatch(r"[0-9]\.[0-9]", k) else k for k in known] + [
        k for k in known if re.fullmatch(r"[0-9]\.[0-9]", k)]})  # fmt: skip


_VERSION = r"\s*(>=|<=|==?)?\s*[0-9A-Za-z][0-9A-Za-z._+-]*\s*"


def _version_bound(text: str) -> str:
    if not re.fullmatch(_VERSION, text):
        raise Mismatch('a version such as ">= 1.9.2"')
    return text.strip()


fraction = Value(_fraction, {"type": ["string", "number"], "description": 'a share of a whole, such as "2 %"'})
seconds = Value(_seconds, {"type": ["string", "number"], "description": 'a time such as "60 s"'})
errors = Value(_errors, {"type": ["string", "number"], "description": "a number of errors"})
writes = Value(_writes, {"type": ["string", "number"], "description": "drive writes a day"})
day = Value(_day, {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
boolean = Value(_boolean, {"enum": [True, False, "yes", "no", "on", "off"]})
word = Value(_word, {"type": ["string", "number", "boolean"]})
name = Value(_name, {"type": ["string", "number"], "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"})
version_bound = Value(_version_bound, {"type": ["string", "number"], "pattern": f"^{_VERSION}$"})
LIMIT: JsonSchema = {"type": ["string", "number", "boolean"]}


def limit(key: str, text: str, plain: bool) -> float | str | bool:
    """A limit of a check in its base unit. `min_*` and `max_*`, and what starts with a digit, must be quantities."""
    if plain and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if key.startswith(("min_", "max_")) or (plain and text[:1].isdigit()):
        return _number(text, units.parse_quantity, 'a quantity such as "400k", "2 ms", "180 MB/s" or "35 %"')
    return text
