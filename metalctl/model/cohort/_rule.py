"""The rule: which of some equal parts stands apart from the others, by median and MAD.

A part is an outlier when it is worse than the median by more than t *and* its robust z is beyond 3.5; one alone is a
warning. z = 0.6745 × deviation / MAD, where the MAD counts as at least 1 % of the median. t is 3 × the coefficient of
variation (CV) of repeated measurements of one part: the median over the parts, so that one part that flickers does not
excuse the others.

Parts that are unlike each other anyway have to be farther away: by 5 × what the rest of the cohort (its 95th
percentile) reaches beyond 1.25 %, or beyond 2.5 CV. Below 12 parts the spread itself is a guess: then by 40 % at once.
What is beyond t and z and not so far cannot be told.

Two groups, where more than a quarter stands apart by less than 40 %, are not judged: statistics cannot tell which of
them is right.
Simulated in bench/cohort.py; docs/decisions/0016-cohorts.md has the figures, and what the rule cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from metalctl.model.verdict import Verdict

FEWEST = 5  # parts: among fewer, an outlier cannot be told from a healthy part
REPEATS = 3  # measurements of a part, of which the median counts
Z = 3.5
_MAD_OF_NORMAL = 0.6745
_FLOOR = 0.01  # of the median: the least MAD
_CV_TIMES = 3.0
_FAR = 0.4  # of the median: no healthy part is that far away
_WIDE, _WIDE_CV, _WIDE_TIMES = 0.0125, 2.5, 5.0
_SMALL = 12
_REST = 0.95
_GROUP = 0.25
_KNOWN_CV = 3  # parts that were measured more than once, before their repeatability says something


class Sense(StrEnum):
    """Which side is worse: known from the limits that the measurements were compared with."""

    HIGH = "higher is better"
    LOW = "lower is better"
    EQUAL = "one value is right"
    UNKNOWN = "neither side is known to be worse"


class Mark(StrEnum):
    """What is said of one part; see `verdict`."""

    LIMIT = "beyond its limit"
    OUTLIER = "outlier"
    GROUP = "in a second group"
    AGAIN = "measure again"
    UNSURE = "apart in a wide cohort"
    WARNING = "warning"
    BETTER = "better than the others"
    DIFFERS = "differs from the others"
    WITHIN = "within"
    ABSOLUTE = "absolute limit only"
    NO_VALUE = "no value"

    @property
    def verdict(self) -> Verdict:
        """FAIL stands against the part; UNKNOWN could not be told; a warning does not block."""
        if self in (Mark.LIMIT, Mark.OUTLIER):
            return Verdict.FAIL
        unclear = (Mark.GROUP, Mark.AGAIN, Mark.UNSURE, Mark.ABSOLUTE, Mark.NO_VALUE)
        return Verdict.UNKNOWN if self in unclear else Verdict.PASS


@dataclass(frozen=True, slots=True)
class Spread:
    """A cohort's distribution. parts: those with a value. median: None without any. mad: relative to the median, not
    floored. cv: of repeated measurements, None when too few were repeated; t: 3 × that. least: how far an outlier has
    to be from the median, t or more. absolute: why only absolute limits count, "" when the parts were compared.
    """

    parts: int
    median: float | None = None
    mad: float | None = None
    cv: float | None = None
    t: float | None = None
    least: float | None = None
    absolute: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One part. value: median of its repeats, NaN without any; deviation: relative to the median, with its sign."""

    value: float
    repeats: int
    mark: Mark
    deviation: float | None = None
    z: float | None = None


def judge(parts: Sequence[Sequence[float]], sense: Sense) -> tuple[Spread, tuple[Place, ...]]:
    """The distribution, and the place of each part in the order given. parts: the repeats of each, the newest last."""
    known = [[v for v in repeats if math.isfinite(v)][-REPEATS:] for repeats in parts]
    values = [median(repeats) if repeats else math.nan for repeats in known]
    measured = [v for v in values if v == v]
    middle = median(measured) if measured else None
    cv = repeatability(known)
    if middle is None or (why := _incomparable(measured, middle)):
        spread = Spread(len(measured), middle, cv=cv, absolute=why if measured else "nothing was measured")
        places = [_place(v, r, Mark.ABSOLUTE if r else Mark.NO_VALUE) for v, r in zip(values, known, strict=True)]
        return spread, tuple(places)
    deviations = [(v - middle) / abs(middle) for v in values]
    mad = median(abs(d) for d in deviations if d == d)
    zs = [_MAD_OF_NORMAL * d / max(mad, _FLOOR) for d in deviations]
    t = None if cv is None else _CV_TIMES * cv
    least = None if cv is None else _least(cv, deviations, zs)
    marks = [_mark(d, z, len(r), t, least, sense) for d, z, r in zip(deviations, zs, known, strict=True)]
    marks = _grouped(marks, deviations, len(measured))
    places = [_place(v, r, mark, d, z) for v, r, mark, d, z in zip(values, known, marks, deviations, zs, strict=True)]
    return Spread(len(measured), middle, mad, cv, t, least), tuple(places)


def repeatability(parts: Sequence[Sequence[float]]) -> float | None:
    """The coefficient of variation of repeated measurements of one part; None when fewer than three parts have any.

    The median over the parts of their relative variance, each divided by the median of chi² over its degrees of
    freedom (Wilson and Hilferty), so that three repeats do not look steadier than they are.
    """
    found = []
    for repeats in parts:
        mean = sum(repeats) / len(repeats) if repeats else 0.0
        if len(repeats) > 1 and mean:
            freedom = len(repeats) - 1
            variance = sum((v - mean) ** 2 for v in repeats) / freedom
            found.append(variance / mean**2 / (1 - 2 / (9 * freedom)) ** 3)
    return math.sqrt(median(found)) if len(found) >= _KNOWN_CV else None


def _incomparable(measured: Sequence[float], middle: float) -> str:
    if len(measured) < FEWEST:
        return f"{len(measured)} in the cohort, at least {FEWEST} are needed"
    return "" if middle else "the median is 0"


def _least(cv: float, deviations: Sequence[float], zs: Sequence[float]) -> float:
    """How far from the median an outlier has to be, by what the rest of the cohort spreads."""
    t = _CV_TIMES * cv
    rest = sorted(abs(d) for d, z in zip(deviations, zs, strict=True) if d == d and (abs(z) <= Z or abs(d) <= t))
    excess = rest[min(len(rest) - 1, int(_REST * len(rest)))] - max(_WIDE, _WIDE_CV * cv)
    if excess <= 0:
        return t
    small = sum(d == d for d in deviations) < _SMALL
    return max(t, _FAR if small else min(_FAR, _WIDE_TIMES * excess))


def _mark(deviation: float, z: float, repeats: int, t: float | None, least: float | None, sense: Sense) -> Mark:
    if not repeats:
        return Mark.NO_VALUE
    far, beyond = t is not None and abs(deviation) > t, abs(z) > Z
    if not far and not beyond:
        return Mark.WITHIN
    if sense is Sense.UNKNOWN:
        return Mark.DIFFERS
    if (deviation > 0 and sense is Sense.HIGH) or (deviation < 0 and sense is Sense.LOW):
        return Mark.BETTER
    if beyond and (t is None or (far and repeats < REPEATS)):
        return Mark.AGAIN
    if not (far and beyond):
        return Mark.WARNING
    return Mark.OUTLIER if least is not None and abs(deviation) > least else Mark.UNSURE


def _grouped(marks: list[Mark], deviations: Sequence[float], measured: int) -> list[Mark]:
    """The same; outliers that are more than a quarter of all, and not far away, are a second group."""
    near = [mark is Mark.OUTLIER and abs(d) < _FAR for mark, d in zip(marks, deviations, strict=True)]
    if sum(near) < 2 or sum(near) <= _GROUP * measured:
        return marks
    return [Mark.GROUP if one else mark for one, mark in zip(near, marks, strict=True)]


def _place(
    value: float, repeats: Sequence[float], mark: Mark, deviation: float | None = None, z: float | None = None
) -> Place:
    known = deviation is not None and deviation == deviation
    return Place(value, len(repeats), mark, deviation if known else None, z if known else None)
