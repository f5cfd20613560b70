"""The rule of cohorts: what stands apart, what does not, and what cannot be told."""

from __future__ import annotations

import math
import random

import pytest

from metalctl.model.cohort import Mark, Sense, judge
from metalctl.model.verdict import Verdict


def repeats(value: float, cv: float = 0.005, seed: int = 0) -> list[float]:
    """Three measurements whose coefficient of variation is cv, and whose median is the value."""
    return random.Random(seed).sample([value * (1 - cv), value, value * (1 + cv)], 3)


def marks(values: list[float], sense: Sense = Sense.HIGH) -> list[Mark]:
    return [p.mark for p in judge([repeats(v, seed=i) for i, v in enumerate(values)], sense)[1]]


def test_one_part_8_per_cent_slow_is_the_only_outlier() -> None:
    spread, places = judge([repeats(v) for v in (100.0, 100.4, 99.7, 100.1, 92.0, 99.9)], Sense.HIGH)
    assert [p.mark for p in places] == [*[Mark.WITHIN] * 4, Mark.OUTLIER, Mark.WITHIN]
    assert spread.cv == pytest.approx(0.0058, rel=0.05)
    assert spread.cv is not None
    assert spread.t == pytest.approx(3 * spread.cv)
    slow = places[4].deviation
    assert slow is not None
    assert slow == pytest.approx(-0.08, abs=0.003)
    # The floor of the MAD, 1 % of the median, counts: the MAD itself is smaller.
    assert spread.mad is not None
    assert spread.mad < 0.01
    assert places[4].z == pytest.approx(0.6745 * slow / 0.01)


def test_a_third_at_half_speed_does_not_hide_behind_each_other() -> None:
    found = marks([100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 50.0, 50.5, 49.5])
    assert found == [Mark.WITHIN] * 6 + [Mark.OUTLIER] * 3


def test_two_near_groups_are_not_judged_and_not_passed() -> None:
    found = marks([100.0, 100.4, 99.7, 100.1, 99.8, 100.2, 90.0, 90.2, 89.9, 90.1])
    assert found == [Mark.WITHIN] * 6 + [Mark.GROUP] * 4
    assert Mark.GROUP.verdict is Verdict.UNKNOWN


def test_one_far_part_is_an_outlier_beside_a_near_one() -> None:
    assert marks([100.0, 100.2, 99.9, 92.0, 50.0]).count(Mark.OUTLIER) == 2


def test_one_value_repeated_gives_no_outlier_and_hides_none() -> None:
    assert marks([64.0] * 8) == [Mark.WITHIN] * 8
    spread, places = judge([[64.0] * 3] * 7 + [[56.0] * 3], Sense.HIGH)
    assert spread.mad == 0.0
    assert [p.mark for p in places] == [Mark.WITHIN] * 7 + [Mark.OUTLIER]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_fewer_than_five_have_absolute_limits_only_and_are_not_passed(size: int) -> None:
    spread, places = judge([repeats(100.0)] * (size - 1) + [repeats(10.0)], Sense.HIGH)
    assert spread.absolute == f"{size} in the cohort, at least 5 are needed"
    assert {p.mark for p in places} == {Mark.ABSOLUTE}
    assert Mark.ABSOLUTE.verdict is Verdict.UNKNOWN


def test_what_was_not_measured_does_not_make_a_cohort_larger() -> None:
    spread, places = judge([repeats(100.0)] * 4 + [[math.nan], [math.inf], []], Sense.HIGH)
    assert (spread.parts, spread.absolute) == (4, "4 in the cohort, at least 5 are needed")
    assert [p.mark for p in places[4:]] == [Mark.NO_VALUE] * 3
    assert Mark.NO_VALUE.verdict is Verdict.UNKNOWN


def test_nan_among_the_repeats_or_the_parts_shifts_nothing() -> None:
    values = [100.0, 100.4, 99.7, 100.1, 92.0, 99.9]
    clean = judge([repeats(v) for v in values], Sense.HIGH)[1]
    spread, places = judge([*([*repeats(v), math.nan] for v in values), [math.nan]], Sense.HIGH)
    assert places[:-1] == clean
    assert places[-1].mark is Mark.NO_VALUE
    assert places[-1].z is None
    assert spread.parts == 6


def test_nothing_measured_and_a_median_of_0_are_said() -> None:
    assert judge([], Sense.HIGH)[0].absolute == "nothing was measured"
    spread, places = judge([[0.0] * 3] * 6 + [[9.0] * 3], Sense.LOW)
    assert spread.absolute == "the median is 0"
    assert {p.mark for p in places} == {Mark.ABSOLUTE}


@pytest.mark.parametrize(
    ("sense", "low", "high"),
    [
        (Sense.HIGH, Mark.OUTLIER, Mark.BETTER),
        (Sense.LOW, Mark.BETTER, Mark.OUTLIER),
        (Sense.EQUAL, Mark.OUTLIER, Mark.OUTLIER),
        (Sense.UNKNOWN, Mark.DIFFERS, Mark.DIFFERS),
    ],
)
def test_worse_is_bad_and_better_is_only_told(sense: Sense, low: Mark, high: Mark) -> None:
    found = marks([100.0, 100.1, 99.9, 100.2, 99.8, 100.0, 100.3, 85.0, 115.0], sense)
    assert found[-2:] == [low, high]
    assert (Mark.BETTER.verdict, Mark.DIFFERS.verdict) == (Verdict.PASS, Verdict.PASS)


def test_measured_once_or_twice_is_not_enough_for_an_outlier() -> None:
    good = [repeats(v) for v in (100.0, 100.4, 99.7, 100.1, 99.9)]
    for few in ([50.0], [50.0, 50.1]):
        assert judge([*good, few], Sense.HIGH)[1][-1].mark is Mark.AGAIN
    assert Mark.AGAIN.verdict is Verdict.UNKNOWN


def test_without_any_repeats_nobody_is_an_outlier_and_the_slow_one_is_measured_again() -> None:
    spread, places = judge([[v] for v in (100.0, 100.4, 99.7, 100.1, 99.9, 50.0)], Sense.HIGH)
    assert (spread.cv, spread.t) == (None, None)
    assert [p.mark for p in places] == [Mark.WITHIN] * 5 + [Mark.AGAIN]


def test_only_the_newest_three_count() -> None:
    old = [50.0, 50.0, 50.0, 50.0]
    _, places = judge([[*old, *repeats(100.0)], *[repeats(100.0)] * 5], Sense.HIGH)
    assert (places[0].value, places[0].repeats) == (100.0, 3)


def test_a_part_that_flickers_does_not_excuse_the_others() -> None:
    steady = [repeats(v) for v in (100.0, 100.4, 99.7, 100.1, 99.9, 92.0)]
    spread, places = judge([*steady, [60.0, 100.0, 140.0]], Sense.HIGH)
    assert spread.cv is not None
    assert spread.cv < 0.01
    assert places[5].mark is Mark.OUTLIER


def test_where_repeats_differ_by_as_much_one_condition_alone_is_a_warning() -> None:
    values = (100.0, 100.4, 99.7, 100.1, 99.9, 92.0)
    assert judge([repeats(v, 0.05) for v in values], Sense.HIGH)[1][-1].mark is Mark.WARNING
    # Beyond 3 CV, and well within what the others spread.
    wide = [100.0, 104.0, 96.0, 108.0, 92.0, 103.0, 97.0, 90.0]
    assert marks(wide)[-1] is Mark.WARNING
    assert Mark.WARNING.verdict is Verdict.PASS


def test_in_a_wide_cohort_what_stands_apart_less_than_its_spread_asks_cannot_be_told() -> None:
    values = [100.0, 100.3, 99.8, 100.1, 103.9, 99.9, 90.0]
    assert marks(values)[-1] is Mark.UNSURE
    assert Mark.UNSURE.verdict is Verdict.UNKNOWN
    assert marks([*values[:-1], 50.0])[-1] is Mark.OUTLIER
