"""Quantities as people write them: sizes (GiB and GB differ), link rates, counts, durations, percentages.

Every parser takes a string such as "512 GiB", "25 Gb/s", "400k", "2 ms", "35 %" or a plain number (already in the base
unit) and returns the base unit: bytes, bit/s, a count, seconds, a fraction. A mistake raises `UnitError`.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from metalctl.model.errors import UsageError

_NUMBER = re.compile(r"^\s*([0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?)\s*([A-Za-zµ%/]*)\s*$")
_DECIMAL = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40, "pi": 2**50}
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class UnitError(UsageError):
    """A quantity that cannot be read."""


def _split(text: str | float, kind: str, example: str) -> tuple[float, str]:
    if isinstance(text, (int, float)):
        return _scale(text, 1, text), ""
    match = _NUMBER.match(text)
    if not match:
        raise UnitError(f"{_short(text)} is not a {kind}", hint=f"write it like {example}")
    return _scale(float(match.group(1).replace("_", "")), 1, text), match.group(2)


def _scale(value: float, factor: float, text: str | float) -> float:
    """The product, which must be a number that a float can hold."""
    try:
        product = float(value * factor)
    except OverflowError:
        product = math.inf
    if not math.isfinite(product):
        raise UnitError(f"{_short(text)} is beyond every quantity", hint="write a smaller number")
    return product


def _short(text: str | float) -> str:
    # An integer of thousands of digits has no decimal form.
    shown = repr(text) if isinstance(text, (str, float)) else hex(text)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def parse_size(text: str | float) -> int:
    """Bytes: "512 GiB" is 549755813888, "200 GB" is 200000000000."""
    value, unit = _split(text, "size", '"512 GiB" or "200 GB"')
    prefix = unit.lower().removesuffix("b") if unit.lower() != "b" else ""
    factor = {**_DECIMAL, **_BINARY}.get(prefix)
    if factor is None:
        raise UnitError(f"{_short(text)}: no unit of size is called {unit!r}", hint="use GiB, GB, TiB, TB, MiB")
    return round(_scale(value, factor, text))


def parse_rate(text: str | float) -> int:
    """Bits per second: "25 Gb/s", "25Gbit/s", "25G" are 25000000000. Bytes per second are refused."""
    value, unit = _split(text, "link rate", '"25 Gb/s"')
    bare = unit.removesuffix("/s").removesuffix("ps")
    if bare.endswith("B"):
        raise UnitError(f"{_short(text)} is bytes a second", hint='link rates are in bits: "25 Gb/s"')
    factor = _DECIMAL.get(bare.lower().removesuffix("it").removesuffix("b"))
    if factor is None:
        raise UnitError(f"{_short(text)}: no link rate has the unit {unit!r}", hint='use "25 Gb/s"')
    return round(_scale(value, factor, text))


def parse_throughput(text: str | float) -> float:
    """Bytes per second: "180 MB/s", "2 GiB/s"."""
    if isinstance(text, (int, float)):
        return _scale(text, 1, text)
    return float(parse_size(text.strip().removesuffix("/s")))


def parse_count(text: str | float) -> float:
    """A plain number: "400k" is 400000."""
    value, unit = _split(text, "number", '"400k" or "10000"')
    if unit.lower() not in _DECIMAL:
        raise UnitError(f"{_short(text)}: {unit!r} is not a multiplier", hint="use k, M or G")
    return _scale(value, _DECIMAL[unit.lower()], text)


def parse_duration(text: str | float) -> float:
    """Seconds: "2 ms" is 0.002, "90 s", "5 min", "8h"."""
    value, unit = _split(text, "duration", '"2 ms" or "5 min"')
    if unit and unit not in _SECONDS:
        raise UnitError(f"{_short(text)}: no unit of time is called {unit!r}", hint="use ns, us, ms, s, min, h, d")
    return _scale(value, _SECONDS.get(unit, 1.0), text)


def parse_fraction(text: str | float) -> float:
    """A fraction: "35 %" is 0.35; a plain number is taken as it is."""
    value, unit = _split(text, "percentage", '"35 %"')
    if unit not in ("", "%"):
        raise UnitError(f"{_short(text)} is not a percentage", hint='write it like "35 %"')
    return value / 100 if unit == "%" else value


def parse_power(text: str | float) -> float:
    """Watts: "800 W" is 800, "1.2 kW" is 1200."""
    value, unit = _split(text, "power", '"800 W"')
    factor = {"": 1, "w": 1, "kw": 1000}.get(unit.lower())
    if factor is None:
        raise UnitError(f"{_short(text)}: no unit of power is called {unit!r}", hint="use W or kW")
    return _scale(value, factor, text)


def parse_in(unit: str, text: str | float) -> float:
    """A number whose unit may be written or left out: parse_in("GT/s", "16 GT/s") is 16."""
    value, stated = _split(text, f"number of {unit}", f'"16 {unit}"')
    if stated.lower() not in ("", unit.lower()):
        raise UnitError(f"{_short(text)} is not in {unit}", hint=f'write it like "16 {unit}"')
    return value


def _scaled(value: float, steps: tuple[tuple[str, float], ...]) -> str:
    for suffix, factor in steps:
        if abs(value) >= factor:
            return f"{value / factor:.4g} {suffix}"
    return f"{value:.4g} {steps[-1][0]}"


@lru_cache(maxsize=4096)
def format_size(value: float) -> str:
    """Bytes in binary units: 549755813888 is "512 GiB"."""
    return _scaled(value, (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("B", 1)))


@lru_cache(maxsize=4096)
def format_capacity(value: float) -> str:
    """Bytes of a disk as its label says them, "18 TB", "480.1 GB"; a round binary size stays one: "8 GiB"."""
    decimal = _scaled(value, (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1)))
    binary = format_size(value)
    return binary if len(binary) < len(decimal) else decimal


@lru_cache(maxsize=4096)
def format_rate(value: float) -> str:
    """Bits per second: 25000000000 is "25 Gb/s"."""
    return _scaled(value, (("Tb/s", 1e12), ("Gb/s", 1e9), ("Mb/s", 1e6), ("kb/s", 1e3), ("b/s", 1)))


def format_quantity(value: float, unit: str) -> str:
    """A measured value with its unit as a person reads it; units: B, B/s, b/s, s, IO/s, 1, fraction and any other."""
    if unit in ("B", "B/s"):
        return format_size(value) + unit[1:]
    if unit == "b/s":
        return format_rate(value)
    if unit == "s":
        return _scaled(value, (("s", 1), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)))
    if unit == "fraction":
        return f"{value * 100:.4g} %"
    return f"{value:.6g}{'' if unit in ('', '1') else ' ' + unit}"


def parse_quantity(text: str | float) -> float:
    """Any limit of a check in its base unit, told apart by its suffix: "400k", "2 ms", "180 MB/s", "23.5 Gb/s", "35 %".

    Upper-case B is bytes, lower-case b bits; a bare number or a bare k, M, G is a count.
    """
    if isinstance(text, (int, float)):
        return _scale(text, 1, text)
    unit = _split(text, "quantity", '"400k", "2 ms", "180 MB/s" or "35 %"')[1] if "/s" not in text else "/s"
    if unit == "/s":
        return parse_throughput(text) if "B" in text else float(parse_rate(text))
    if unit == "%":
        return parse_fraction(text)
    if unit in _SECONDS:
        return parse_duration(text)
    return float(parse_size(text)) if unit.endswith("B") else parse_count(text)
