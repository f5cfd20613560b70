"""Where a part stands among its like: what was measured of all parts of the same hardware and firmware, compared.

`cohorts` sorts what the store remembers; `judge` is the rule. Pure: no I/O.
"""

from __future__ import annotations

from metalctl.model.cohort._gather import Cohort, Key, Past, Standing, Uncompared, cohorts
from metalctl.model.cohort._hardware import hardware
from metalctl.model.cohort._rule import FEWEST, REPEATS, Mark, Place, Sense, Spread, judge

__all__ = [
    "FEWEST",
    "REPEATS",
    "Cohort",
    "Key",
    "Mark",
    "Past",
    "Place",
    "Sense",
    "Spread",
    "Standing",
    "Uncompared",
    "cohorts",
    "hardware",
    "judge",
]
