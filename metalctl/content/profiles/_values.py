"""Single values that only profiles have: ranges, limits, shares.

A range is written `12` (exactly), `>= 64`, `<= 4` or `16..32` (both ends included); `≥` and `≤` are read too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from metalctl.content.yaml import JsonSchema, Mismatch, Value, number, whole
from metalctl.model import units
from metalctl.model.profile import Range

Parse = Callable[[str], float]
_QUANTITY = r"[0-9][0-9._]*\s*[A-Za-zµ%/]*\s*"
RANGE_PATTERN = rf"^\s*(>=|<=|≥|≤|==?)?\s*{_QUANTITY}(\.\.\s*{_QUANTITY})?$"
_BOUND = re.compile(r"^\s*(>=|<=|≥|≤|==?|>|<)?\s*(.*?)\s*$", re.DOTALL)


def range_of(parse: Parse, expected: str) -> Value[Range]:
    """A reader of ranges over the quantity that `parse` reads."""

    def read(text: str) -> Range:
        if ".." in text:
            low, _, high = text.partition("..")
            bounds = Range(number(low, parse, expected), number(high, parse, expected), text)
            if (bounds.low or 0) > (bounds.high or 0):
                raise Mismatch(expected, "the lower end of a range comes first")
            return bounds
        match = _BOUND.match(text)
        sign, rest = (match.group(1), match.group(2)) if match else ("", text)
        if sign in (">", "<"):
            raise Mismatch(expected, f'bounds include their end: write "{sign}= {rest}"')
        value = number(rest, parse, expected)
        low_, high_ = sign not in ("<=", "≤"), sign not in (">=", "≥")
        return Range(value if low_ else None, value if high_ else None, text)

    return Value(read, {"type": ["string", "number"], "pattern": RANGE_PATTERN, "description": expected})


count_range = range_of(whole, 'a count such as ">= 64", "12" or "16..32"')
size_range = range_of(units.parse_size, 'a size such as ">= 512 GiB" or "200 GB..2 TB"')
rate_range = range_of(units.parse_rate, 'a link rate such as ">= 25 Gb/s"')
power_range = range_of(units.parse_power, 'a power such as ">= 800 W"')
transfer_range = range_of(partial(units.parse_in, "MT/s"), 'a memory speed such as ">= 3200 MT/s"')
pcie_range = range_of(partial(units.parse_in, "GT/s"), 'a PCIe speed such as ">= 16 GT/s"')
endurance_range = range_of(partial(units.parse_in, "DWPD"), 'drive writes a day such as ">= 1 DWPD"')
quantity_range = range_of(units.parse_quantity, 'a quantity such as ">= 8", "16" or "200 GB..2 TB"')
share_range = range_of(units.parse_fraction, 'a share such as "<= 5 %"')


def at_most(ranges: Value[Range]) -> Value[Range]:
    """The same reader for limits: a plain number is the most that may be."""

    def read(text: str) -> Range:
        found = ranges(text)
        return Range(None, found.high, found.text) if found.low == found.high else found

    return Value(read, ranges.schema)


error_limit = at_most(range_of(whole, 'the most that may be counted, such as "0" or "8"'))
wear_limit = at_most(range_of(units.parse_fraction, 'the largest share that may be used, such as "80 %"'))


def _fraction(text: str) -> float:
    """A share of a whole, 0 to 1, such as "2 %"."""
    expected = 'a percentage such as "2 %"'
    value = number(text, units.parse_fraction, expected)
    if not 0 <= value < 1:
        raise Mismatch(expected)
    return value


def _errors(text: str) -> float:
    expected = 'a number of errors such as "0" or "100"'
    value = number(text, whole, expected)
    if value < 0:
        raise Mismatch(expected)
    return value


def _writes(text: str) -> float:
    return number(text, partial(units.parse_in, "DWPD"), 'drive writes a day such as "1" or "3 DWPD"')


_VERSION = r"\s*(>=|<=|==?)?\s*[0-9A-Za-z][0-9A-Za-z._+-]*\s*"


def _version_bound(text: str) -> str:
    if not re.fullmatch(_VERSION, text):
        raise Mismatch('a version such as ">= 1.9.2"')
    return text.strip()


fraction = Value(_fraction, {"type": ["string", "number"], "description": 'a share of a whole, such as "2 %"'})
errors = Value(_errors, {"type": ["string", "number"], "description": "a number of errors"})
writes = Value(_writes, {"type": ["string", "number"], "description": "drive writes a day"})
version_bound = Value(_version_bound, {"type": ["string", "number"], "pattern": f"^{_VERSION}$"})
LIMIT: JsonSchema = {"type": ["string", "number", "boolean"]}


def limit(key: str, text: str, plain: bool) -> float | str | bool:
    """A limit of a check in its base unit. `min_*` and `max_*`, and what starts with a digit, must be quantities."""
    if plain and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if key.startswith(("min_", "max_")) or (plain and text[:1].isdigit()):
        return number(text, units.parse_quantity, 'a quantity such as "400k", "2 ms", "180 MB/s" or "35 %"')
    return text
