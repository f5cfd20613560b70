"""Rounds of pairs: disjoint within a round, complete over a tournament, within what uplinks carry."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import pytest

from metalctl.engine.pipeline.pairing import ROUNDS, Round, crossed, plan, rounds_for, to_begin, tournament


def names(n: int) -> list[str]:
    return [f"n{i:03}" for i in range(n)]


def met(rounds: list[Round]) -> list[tuple[str, ...]]:
    return sorted(tuple(sorted(p)) for pairs in rounds for p in pairs)


def uplinks(pairs: Round, groups: Mapping[str, str]) -> Counter[str]:
    return Counter(switch for pair in pairs for switch in crossed(*pair, groups))


@pytest.mark.parametrize("n", range(2, 12))
def test_nobody_is_in_two_tests_at_once_and_everybody_meets_everybody_once(n: int) -> None:
    rounds = tournament(names(n))
    for pairs in rounds:
        seated = [name for pair in pairs for name in pair]
        assert len(seated) == len(set(seated))
    assert met(rounds) == sorted(combinations(names(n), 2))
    assert len(rounds) == (n - 1 if n % 2 == 0 else n)


@pytest.mark.parametrize("n", range(2, 12))
def test_quick_is_a_few_rounds_in_which_every_node_is_tested(n: int) -> None:
    rounds = rounds_for(names(n), "quick")
    counted = Counter(name for pairs in rounds for pair in pairs for name in pair)
    assert set(counted) == set(names(n))
    assert len(rounds) <= 3
    assert min(counted.values()) >= min(n - 1, 2)


@pytest.mark.parametrize("n", [2, 3, 24, 63, 64])
def test_burn_in_plays_the_whole_tournament_of_up_to_64_nodes(n: int) -> None:
    assert rounds_for(names(n), "burn-in") == tournament(names(n))


def test_normal_is_more_than_quick_and_less_than_burn_in() -> None:
    number = [len(met(rounds_for(names(40), level))) for level in ("quick", "normal", "burn-in")]
    assert number == sorted(set(number))


def test_one_node_alone_has_no_pair() -> None:
    assert rounds_for(["a"], "quick") == []


@pytest.mark.parametrize("n", [8, 13, 24, 47])
@pytest.mark.parametrize("switches", [1, 2, 3, 5])
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("level", ROUNDS)
def test_no_uplink_carries_more_pairs_than_it_may_and_nobody_tests_twice_at_once(
    n: int, switches: int, k: int, level: str
) -> None:
    groups = {name: f"tor{i * switches // n}" for i, name in enumerate(names(n))}
    rounds = rounds_for(names(n), level, groups, k)
    assert len(rounds) <= ROUNDS[level] + 2
    for pairs in rounds:
        seated = [name for pair in pairs for name in pair]
        assert len(seated) == len(set(seated))
        assert max(uplinks(pairs, groups).values(), default=0) <= k
    assert len(met(rounds)) == len(set(met(rounds)))
    counted = Counter(name for pairs in rounds for pair in pairs for name in pair)
    assert min(counted[name] for name in names(n)) >= 2
    tried = Counter(switch for pairs in rounds for switch in uplinks(pairs, groups))
    assert all(tried[switch] > 1 for switch in set(groups.values()) if switches > 1), tried


def test_pairs_within_a_switch_do_not_count_and_none_is_left_out_for_want_of_an_uplink() -> None:
    groups = {name: f"tor{i % 2}" for i, name in enumerate(names(12))}
    rounds = plan(names(12), groups, 1, 500)
    assert met(rounds) == sorted(combinations(names(12), 2))
    assert max(uplinks(pairs, groups)["tor0"] for pairs in rounds) == 1


def test_a_switch_that_is_not_known_limits_nothing() -> None:
    groups = {name: "tor1" if i < 6 else "" for i, name in enumerate(names(12))}
    assert met(plan(names(12), groups, 1, 40)) == sorted(combinations(names(12), 2))


def test_each_uplink_is_tried_with_every_other_switch_in_as_few_rounds_as_it_takes() -> None:
    groups = {name: f"tor{i // 6}" for i, name in enumerate(names(24))}
    tried = {tuple(sorted(crossed(*p, groups))) for pairs in rounds_for(names(24), "quick", groups, 1) for p in pairs}
    assert set(combinations([f"tor{i}" for i in range(4)], 2)) <= tried


@dataclass(frozen=True)
class Ends:
    server: str
    client: str


def test_what_begins_now_are_the_first_pairs_whose_nodes_both_wait() -> None:
    planned = [Ends("a", "b"), Ends("a", "c"), Ends("c", "d"), Ends("b", "d")]
    assert list(to_begin(planned, [], {"a", "b", "c", "d"}, {}, 1)) == [planned[0], planned[2]]
    assert list(to_begin(planned, [], {"a", "c", "d"}, {}, 1)) == [planned[1]], "b is late: it costs only its own pairs"


def test_what_begins_now_leaves_a_full_uplink_to_those_who_are_over_it() -> None:
    groups = {"a": "tor1", "b": "tor1", "c": "tor2", "d": "tor2", "e": "tor1", "f": "tor2"}
    planned = [Ends("a", "c"), Ends("b", "d"), Ends("a", "b"), Ends("c", "d")]
    free = {"a", "b", "c", "d"}
    assert list(to_begin(planned, [], free, groups, 1)) == [planned[0]]
    assert list(to_begin(planned, [Ends("e", "f")], free, groups, 1)) == planned[2:]
    assert list(to_begin(planned, [Ends("e", "f")], free, groups, 2)) == [planned[0]]
    assert list(to_begin(planned, [Ends("e", "f")], free, groups, 3)) == planned[:2]
