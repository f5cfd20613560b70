"""Who is blamed for slow pairs: hostile matrices, each with what may be said of it and what may not."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from itertools import combinations

import pytest

from metalctl.model.pairs import SPINE, Cell, Place, Solution, network, node, solve
from metalctl.model.verdict import Verdict

EIGHT = tuple(f"n{i}" for i in range(1, 9))
ONE = dict.fromkeys(EIGHT, "tor1")
TWO = {name: "tor1" if name <= "n4" else "tor2" for name in EIGHT}
Way = tuple[Place, str]
ALL = list(combinations(EIGHT, 2))


def matrix(pairs: Iterable[tuple[str, str]], groups: Mapping[str, str], bad: Iterable[Way]) -> list[Cell]:
    """Every pair in both directions; bad is what goes through one of these places in that direction."""
    faults = set(bad)
    cells = []
    for a, b in pairs:
        for here, there in ((a, b), (b, a)):
            way = {(node(here), "tx"), (node(there), "rx")}
            if groups.get(here) != groups.get(there):
                way |= {(network(groups[here]), "tx"), (network(groups[there]), "rx")}
            cells.append(Cell(here, there, not way & faults))
    return cells


def both(place: Place) -> list[Way]:
    return [(place, "tx"), (place, "rx")]


def solved(pairs: Iterable[tuple[str, str]], groups: Mapping[str, str], *bad: Way) -> Solution:
    return solve(matrix(pairs, groups, bad), groups)


def named(solution: Solution) -> dict[Place, tuple[str, ...]]:
    return {b.place: b.ways for b in solution.blamed}


def verdicts(solution: Solution) -> dict[str, Verdict]:
    return {name: solution.verdict(name) for name in EIGHT}


def test_nothing_slow_nobody_blamed() -> None:
    found = solved(ALL, ONE)
    assert not found.blamed
    assert set(verdicts(found).values()) == {Verdict.PASS}


def test_one_slow_node_of_eight_is_named_and_no_peer_of_it_fails() -> None:
    found = solved(ALL, ONE, *both(node("n3")))
    assert named(found) == {node("n3"): ("rx", "tx")}
    assert verdicts(found) == {name: Verdict.FAIL if name == "n3" else Verdict.PASS for name in EIGHT}


@pytest.mark.parametrize("way", ["rx", "tx"])
def test_a_bad_direction_is_named_alone(way: str) -> None:
    assert named(solved(ALL, ONE, (node("n3"), way))) == {node("n3"): (way,)}


def test_two_slow_nodes_at_once_are_both_named() -> None:
    found = solved(ALL, ONE, *both(node("n3")), (node("n6"), "rx"))
    assert named(found) == {node("n3"): ("rx", "tx"), node("n6"): ("rx",)}


def test_a_slow_uplink_between_two_switches_is_named_and_fails_no_node() -> None:
    found = solved(ALL, TWO, *both(network("tor1")))
    assert list(named(found)) == [network("tor1", "tor2")]
    assert len(found.blamed[0].cells) == 2 * 16
    assert set(verdicts(found).values()) == {Verdict.PASS}


def test_of_three_switches_the_one_with_the_slow_uplink_is_named() -> None:
    groups = {name: f"tor{1 + i // 3}" for i, name in enumerate(EIGHT)}
    assert list(named(solved(ALL, groups, *both(network("tor2"))))) == [network("tor2")]


def test_a_node_and_an_uplink_at_once_are_both_named() -> None:
    found = solved(ALL, TWO, *both(network("tor1")), *both(node("n2")))
    assert set(named(found)) == {network("tor1", "tor2"), node("n2")}


def test_only_the_way_between_two_of_three_switches() -> None:
    groups = {name: f"tor{1 + i // 3}" for i, name in enumerate(EIGHT)}
    cells = [
        Cell(c.sender, c.receiver, {groups[c.sender], groups[c.receiver]} != {"tor1", "tor3"})
        for c in matrix(ALL, groups, ())
    ]
    assert list(named(solve(cells, groups))) == [network("tor1", "tor3")]


def test_all_pairs_slow_blames_no_node() -> None:
    found = solve([Cell(a, b, False) for a, b in ALL], ONE)
    assert (found.shared, found.blamed) == (True, ())
    assert set(verdicts(found).values()) == {Verdict.UNKNOWN}


def test_more_slow_nodes_than_good_ones_is_no_matter_of_nodes() -> None:
    bad = [way for name in EIGHT[:5] for way in both(node(name))]
    found = solved(ALL, ONE, *bad)
    assert (found.shared, found.blamed) == (True, ())


def test_all_between_three_switches_slow_is_not_put_on_one_of_them() -> None:
    groups = {name: f"tor{1 + i // 3}" for i, name in enumerate(EIGHT)}
    found = solved(ALL, groups, *(way for i in (1, 2, 3) for way in both(network(f"tor{i}"))))
    assert not any(b.place.names in (("tor1",), ("tor2",), ("tor3",)) for b in found.blamed)
    said = {p for b in found.blamed for p in [b.place]} | {p for causes in found.open.values() for p in causes}
    assert any(SPINE in place.names for place in said)


def test_two_nodes_alone_cannot_be_told_apart() -> None:
    found = solved([("n1", "n2")], ONE, *both(node("n1")))
    assert not found.blamed
    assert set(found.open.values()) == {frozenset({node("n1"), node("n2")})}
    assert found.verdict("n1") is found.verdict("n2") is Verdict.UNKNOWN


def test_one_slow_pair_alone_convicts_nobody() -> None:
    """n2 is good with n3, so that only n1 is left; but one measurement is one."""
    found = solved([("n1", "n2"), ("n2", "n3"), ("n3", "n4")], ONE, *both(node("n1")))
    assert not found.blamed
    assert found.verdict("n1") is Verdict.UNKNOWN
    assert set(found.open.values()) == {frozenset({node("n1")})}
    assert found.verdict("n2") is Verdict.PASS


def test_a_pair_that_another_fault_explains_is_no_second_one() -> None:
    """n1 is slow with n2, which may have been chance, and with n5 over an uplink that is slow for all."""
    groups = {name: "tor1" if name <= "n4" else "tor2" for name in EIGHT}
    pairs = [("n1", "n2"), ("n1", "n5"), ("n2", "n6"), ("n3", "n7"), ("n5", "n6"), ("n6", "n7"), ("n2", "n3")]
    cells = matrix(pairs, groups, both(network("tor1")))
    found = solve([Cell(c.sender, c.receiver, False) if c.pair == {"n1", "n2"} else c for c in cells], groups)
    assert list(named(found)) == [network("tor1", "tor2")]
    assert found.verdict("n1") is Verdict.UNKNOWN


def test_a_direction_that_only_another_fault_speaks_against_is_not_named() -> None:
    """n3 receives slowly; it was slow in sending only to n2, which receives slowly as well."""
    cells = [Cell(a, "n2", False) for a in ("n5", "n6", "n3")] + [Cell(a, "n3", False) for a in ("n1", "n2")]
    good = [("n2", "n5"), ("n5", "n1"), ("n1", "n5"), ("n6", "n1"), ("n5", "n6"), ("n7", "n8"), ("n8", "n7")]
    cells += [Cell("n3", "n1", None), *(Cell(a, b, True) for a, b in good)]
    assert named(solve(cells, ONE)) == {node("n2"): ("rx",), node("n3"): ("rx",)}


def test_a_node_alone_on_its_switch_and_its_uplink_cannot_be_told_apart() -> None:
    groups = {**ONE, "n8": "tor2"}
    found = solved(ALL, groups, *both(node("n8")))
    assert not found.blamed
    (causes,) = set(found.open.values())
    assert node("n8") in causes
    assert any("tor2" in place.names for place in causes)
    assert found.verdict("n8") is Verdict.UNKNOWN
    assert {found.verdict(name) for name in EIGHT[:7]} == {Verdict.PASS}


def test_one_slow_pair_of_two_nodes_that_are_good_elsewhere_blames_neither() -> None:
    cells = [Cell(c.sender, c.receiver, c.pair != {"n1", "n2"}) for c in matrix(ALL, ONE, ())]
    found = solve(cells, ONE)
    assert not found.blamed
    assert set(found.open.values()) == {frozenset()}
    assert set(verdicts(found).values()) == {Verdict.PASS}


def test_a_node_that_is_slow_now_and_then_does_not_pass() -> None:
    slow = {frozenset({"n1", other}) for other in EIGHT[1:6]}
    found = solve([Cell(c.sender, c.receiver, c.pair not in slow) for c in matrix(ALL, ONE, ())], ONE)
    assert not found.blamed
    assert verdicts(found) == {name: Verdict.UNKNOWN if name == "n1" else Verdict.PASS for name in EIGHT}


def test_what_is_too_near_to_its_limit_neither_clears_nor_accuses() -> None:
    found = solve([Cell("n1", "n2", None), Cell("n2", "n1", None)], ONE)
    assert (found.blamed, dict(found.open)) == ((), {})
    assert found.verdict("n1") is Verdict.UNKNOWN


def test_a_node_that_was_not_measured_does_not_pass() -> None:
    found = solved([p for p in ALL if "n5" not in p], ONE)
    assert found.verdict("n5") is Verdict.UNKNOWN


def test_a_peer_that_was_only_measured_with_the_slow_node_does_not_pass() -> None:
    pairs = [p for p in ALL if "n5" not in p] + [("n3", "n5")]
    found = solved(pairs, ONE, *both(node("n3")))
    assert list(named(found)) == [node("n3")]
    assert found.verdict("n5") is Verdict.UNKNOWN


def test_nothing_is_blamed_by_parsimony_where_two_faults_do_as_well() -> None:
    """n1 is slow with n2 and n3, which nobody else has tested: n1 alone, or both of them."""
    pairs = [("n1", "n2"), ("n1", "n3"), ("n4", "n5"), ("n5", "n6"), ("n4", "n6")]
    found = solved(pairs, ONE, *both(node("n1")))
    assert not found.blamed
    with_third = solved([*pairs, ("n1", "n7")], ONE, *both(node("n1")))
    assert list(named(with_third)) == [node("n1")]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_good_was_never_through_what_is_blamed(seed: int) -> None:
    """Any matrix at all, measured with errors: the blame never contradicts a good cell."""
    dice = random.Random(seed)
    groups = {name: f"tor{dice.randint(1, 3)}" for name in EIGHT}
    pairs = dice.sample(ALL, 14)
    cells = [Cell(a, b, dice.choice((True, False, None))) for pair in pairs for a, b in (pair, pair[::-1])]
    found = solve(cells, groups)
    for blame in found.blamed:
        for way in blame.ways:
            assert not any(c.good and name == (c.sender if way == "tx" else c.receiver)
                           for c in cells for name in blame.place.names)  # fmt: skip
