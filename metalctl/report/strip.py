"""Where a measurement stands among those of its cohort, as a strip of ticks; none where the cohort was not compared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from metalctl.model.cohort import Cohort, Mark, Standing
from metalctl.model.dossier import Run
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.units import format_quantity

_TICKS = 200  # more are one grey bar
_MARGIN = 3.0
_CSS = {"FAIL": "fail", "UNKNOWN": "unknown", "PASS": "pass"}
Name = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Strip:
    """others, median, own: places from 0 to 100. css: the class of the verdict; text: the same in words."""

    others: tuple[float, ...]
    median: float
    own: float
    css: str
    text: str


class Strips:
    """The strips of one node, found by run, check, part and measurement."""

    def __init__(self, cohorts: Iterable[Cohort], node: str) -> None:
        self._strips: dict[Name, Strip] = {}
        for cohort in cohorts:
            key = cohort.key
            for standing in cohort.standings:
                if standing.node == node and not cohort.spread.absolute and standing.place.deviation is not None:
                    self._strips[key.kind, key.level, key.metric, key.unit, standing.part] = _strip(cohort, standing)

    def of(self, run: Run, result: CheckResult, measured: Measurement) -> Strip | None:
        """The strip of one measurement; None where its cohort has too few parts, or nothing to compare."""
        metric = f"{result.check}.{measured.name}"
        return self._strips.get((run.kind, run.level, metric, measured.unit, result.part))


def _strip(cohort: Cohort, mine: Standing) -> Strip:
    values = sorted(s.place.value for s in cohort.standings if math.isfinite(s.place.value))
    low, high = values[0], values[-1]

    def place(value: float) -> float:
        return 50.0 if low == high else _MARGIN + (100 - 2 * _MARGIN) * (value - low) / (high - low)

    step = math.ceil(len(values) / _TICKS)
    others = dict.fromkeys(round(place(v), 2) for v in (*values[::step], high))
    middle = cohort.spread.median or 0.0
    away = 100 * (mine.place.deviation or 0.0)
    said = "" if mine.place.mark is Mark.WITHIN else f", {mine.place.mark}"
    text = f"{away:+.1f} % of median {format_quantity(middle, cohort.key.unit)}, {len(values)} parts{said}"
    css = _CSS[str(mine.place.mark.verdict)]
    return Strip(tuple(others), place(middle), place(mine.place.value), css, text)
