"""Single values of a profile: quantities, ranges, words.

Each reader gets text and raises `Mismatch` with what it expected.

A range is written `12` (exactly), `>= 64`, `<= 4` or `16..32` (both ends included); `≥` and `≤` are read too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from metalctl.content.profiles._extend import suggest
from metalctl.model import units
from metalctl.model.errors import MetalctlError
from metalctl.model.profile import Range

Parse = Callable[[str], float]
_BOUND = re.compile(r"^\s*(>=|<=|≥|≤|==?|>|<)?\s*(.*?)\s*$", re.DOTALL)
TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})


class Mismatch(Exception):
    """The value is not what was expected; `hint` helps to write it."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.hint = hint


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


def range_of(parse: Parse, expected: str) -> Callable[[str], Range]:
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

    return read


count_range = range_of(_whole, 'a count such as ">= 64", "12" or "16..32"')
size_range = range_of(units.parse_size, 'a size such as ">= 512 GiB" or "200 GB..2 TB"')
rate_range = range_of(units.parse_rate, 'a link rate such as ">= 25 Gb/s"')


def whole_between(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""
    expected = f"a whole number from {low} to {high}"

    def read(text: str) -> int:
        value = _number(text, _whole, expected)
        if not low <= value <= high:
            raise Mismatch(expected)
        return int(value)

    return read


def fraction(text: str) -> float:
    """A share of a whole, 0 to 1, such as "2 %"."""
    expected = 'a percentage such as "2 %"'
    value = _number(text, units.parse_fraction, expected)
    if not 0 <= value < 1:
        raise Mismatch(expected)
    return value


def boolean(text: str) -> bool:
    """true or false."""
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise Mismatch("true or false")


def word(text: str) -> str:
    """Any text that is not empty."""
    if not text.strip():
        raise Mismatch("a word")
    return text


def name(text: str) -> str:
    """A short name: letters, digits, dashes."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", text):
        raise Mismatch('a name of letters, digits, "-", "_" and "."')
    return text


def one_of(*known: str) -> Callable[[str], str]:
    """A reader of one word among several."""

    def read(text: str) -> str:
        if text not in known:
            guess = suggest(text, list(known))
            raise Mismatch(" or ".join(known), guess if guess.startswith("did you") else "")
        return text

    return read


def version_bound(text: str) -> str:
    """A bound on a version: ">= 1.9.2", "= 2.1" or "<= 3"."""
    if not re.fullmatch(r"\s*(>=|<=|==?)?\s*[0-9A-Za-z][0-9A-Za-z._+-]*\s*", text):
        raise Mismatch('a version such as ">= 1.9.2"')
    return text.strip()


def limit(key: str, text: str, plain: bool) -> float | str | bool:
    """A limit of a check in its base unit. `min_*` and `max_*`, and what starts with a digit, must be quantities."""
    if plain and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if key.startswith(("min_", "max_")) or (plain and text[:1].isdigit()):
        return _number(text, units.parse_quantity, 'a quantity such as "400k", "2 ms", "180 MB/s" or "35 %"')
    return text
