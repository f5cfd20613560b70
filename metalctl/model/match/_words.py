"""What findings say alike: numbers and bounds as a person reads them, and what to do about what was not read."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from metalctl.model.profile import Range

Format = Callable[[float], str]


def plain(value: float) -> str:
    """A count as a person reads it."""
    return f"{value:g}"


def told(value: float | None, least: float = 0.0) -> float | None:
    """The number where it can be one: NaN, infinity and what is below `least` state nothing."""
    return value if value is not None and math.isfinite(value) and value >= least else None


def above_zero(value: float | None) -> float | None:
    """The same of what a part that is there cannot have none of: lanes, watts, cores."""
    return told(value) or None


def written(bounds: Range, show: Format = plain) -> str:
    """A range as the profile wrote it, with the signs of a book."""
    if bounds.text:
        return signs(bounds.text)
    if bounds.low is not None and bounds.low == bounds.high:
        return show(bounds.low)
    low, high = bounds.low, bounds.high
    if low is not None and high is not None:
        return f"{show(low)}..{show(high)}"
    return f"≥ {show(low)}" if low is not None else f"≤ {show(high or 0)}"


@lru_cache(maxsize=1024)
def signs(text: str) -> str:
    """A bound with the signs of a book."""
    return text.replace(">=", "≥").replace("<=", "≤").strip()


def not_all(got: str) -> str:
    """What was read, of a list that is not whole."""
    return f"{got}, and not all was read"


def fixed(why: str) -> str:
    """What to do about what could not be read."""
    return f"{why}; fix that and inspect again"


def plural(count: int, noun: str) -> str:
    """ "1 port", "2 ports"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
