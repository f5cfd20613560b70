"""What `./dev bench cohort` claims of the rule, small: the whole figures take a minute."""

from __future__ import annotations

import pytest

from bench import cohort as bench
from bench.cohort import HEAVY, SHAPES, SIZES


@pytest.mark.parametrize("size", SIZES)
def test_what_is_8_per_cent_slow_is_found_and_half_speed_always(size: int) -> None:
    assert bench.found(SHAPES["equal"], size, 0.92, 60)[0] >= 0.98
    assert bench.found(SHAPES["normal 2 %"], size, 0.5, 20)[0] == 1.0
    assert bench.found(SHAPES["normal 1 %"], size, 0.5, 20, third=True)[0] == 1.0


@pytest.mark.parametrize("shape", SHAPES)
def test_healthy_parts_are_hardly_ever_called_outliers(shape: str) -> None:
    shares = [bench.accused(SHAPES[shape], size, 600) for size in (6, 24)]
    assert max(s[0] for s in shares) <= 0.005


def test_the_2_sigma_rule_never_fires_among_five_and_accuses_the_healthy() -> None:
    assert bench.found(SHAPES["equal"], 5, 0.5, 50)[1] == 0.0
    assert bench.found(SHAPES["equal"], 24, 0.5, 20, third=True)[1] == 0.0
    assert bench.accused(SHAPES["normal 2 %"], 24, 1200)[2] > 0.01


def test_below_five_there_are_absolute_limits_only() -> None:
    assert bench.absolute_only(500)


def test_what_is_not_promised_is_not_hidden() -> None:
    assert bench.accused(HEAVY["slow tail 2 %"], 24, 2400)[0] > 0.001
    assert not HEAVY.keys() & SHAPES.keys()
