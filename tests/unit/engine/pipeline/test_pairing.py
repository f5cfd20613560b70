"""Rounds of pairs: disjoint within a round, complete over a tournament."""

from itertools import combinations

import pytest

from metalctl.engine.pipeline.pairing import rounds_for, tournament


@pytest.mark.parametrize("n", range(2, 12))
def test_nobody_is_in_two_tests_at_once_and_everybody_meets_everybody_once(n: int) -> None:
    names = [f"n{i:02}" for i in range(n)]
    rounds = tournament(names)
    for pairs in rounds:
        seated = [name for pair in pairs for name in pair]
        assert len(seated) == len(set(seated))
    met = sorted(tuple(sorted(p)) for pairs in rounds for p in pairs)
    assert met == sorted(combinations(names, 2))
    assert len(rounds) == (n - 1 if n % 2 == 0 else n)


@pytest.mark.parametrize("n", range(2, 12))
def test_quick_tests_every_node_at_least_once_in_as_few_rounds_as_needed(n: int) -> None:
    names = [f"n{i:02}" for i in range(n)]
    rounds = rounds_for(names, "quick")
    assert {name for pairs in rounds for pair in pairs for name in pair} == set(names)
    assert len(rounds) == (1 if n % 2 == 0 else 2)


def test_the_other_levels_play_the_whole_tournament() -> None:
    assert rounds_for(["a", "b", "c"], "normal") == tournament(["a", "b", "c"])


def test_one_node_alone_has_no_pair() -> None:
    assert rounds_for(["a"], "quick") == []
