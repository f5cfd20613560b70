"""Numbers on the command line: finite, and between two limits that every option names.

click's own ranges take `nan` (no comparison holds for it), and without an upper limit `inf`, which is no time to wait.
"""

from __future__ import annotations

import math
from typing import Any

import click


class Number(click.FloatRange):
    """A finite number from low to high."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(min=low, max=high)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; BadParameter for what is none, or beyond the limits."""
        try:
            finite = math.isfinite(float(value))
        except (TypeError, ValueError):
            finite = True  # no number at all: click says so
        if not finite:
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return float(super().convert(value, param, ctx))


class Count(click.IntRange):
    """A whole number from low to high."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(min=low, max=high)


PORT = Count(1, 65535)
OWN_PORT = Count(0, 65535)
"""A port of ours; 0 stands for a free one."""
DAY = 86_400
