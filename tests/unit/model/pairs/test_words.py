"""What a technician reads of pair tests: the whole sentences, since he reads them alone in a ticket."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from metalctl.model.finding import Finding
from metalctl.model.pairs import Cell, solve
from metalctl.model.pairs.words import Told, findings
from metalctl.model.verdict import Verdict

FIVE = ("r1", "r2", "r3", "r4", "r5")
ALL = list(combinations(FIVE, 2))


def said(
    name: str,
    bad: Iterable[tuple[str, str]],
    groups: dict[str, str] | None = None,
    pairs: Iterable[tuple[str, str]] = ALL,
) -> tuple[Finding, ...]:
    slow = set(bad)
    ways = [way for a, b in pairs for way in ((a, b), (b, a))]
    cells = [Cell(a, b, (a, b) not in slow, "12 Gb/s" if (a, b) in slow else "24.7 Gb/s") for a, b in ways]
    ports = {"r3": ("eno1 → tor1 swp7",)}
    told = Told("iperf3", "≥ 24 Gb/s", ports, {"r5": ["no test with r9"]}, possible=47)
    return findings(solve(cells, groups or dict.fromkeys(FIVE, "tor1")), name, told)


def test_a_node_that_only_sends_slowly() -> None:
    (blamed,) = said("r3", [("r3", other) for other in FIVE if other != "r3"])
    assert blamed == Finding(
        "check.iperf3", Verdict.FAIL, "≥ 24 Gb/s with every peer",
        "slow with r1, r2, r4, r5 (12 Gb/s); only when it sends, it receives at full rate; "
        "with other nodes r1, r2, r4, r5 are fast",
        "NIC, cable or switch port of r3 (eno1 → tor1 swp7)", "tests in pairs",
        "swap the cable of r3, then use another port of the switch, then replace the NIC; after each step run metalctl "
        "enroll --retry r3 together with another node: pair tests do not show which of the three it is",
    )  # fmt: skip


def test_its_peer() -> None:
    (peer,) = said("r5", [("r3", other) for other in FIVE if other != "r3"])
    assert peer.verdict is Verdict.PASS
    assert (
        peer.got == "fast in 3 pairs (of 47 possible); slow with r3, where the fault is; not measured: no test with r9"
    )


def test_two_that_cannot_be_told_apart() -> None:
    pairs = [("r3", "r4"), ("r1", "r2"), ("r1", "r5"), ("r2", "r5")]
    (open_,) = said("r3", [("r3", "r4"), ("r4", "r3")], pairs=pairs)
    assert open_.verdict is Verdict.UNKNOWN
    assert open_.got == (
        "slow with r4 (12 Gb/s): the fault is in the NIC, cable or switch port of r3 (eno1 → tor1 swp7) "
        "or the NIC, cable or switch port of r4; too few pairs to show which"
    )
    assert open_.remedy == "test r3, r4 with r1, which is fast: enroll them together"


def test_an_uplink_that_is_slow_one_way() -> None:
    groups = {name: "tor1" if name < "r4" else "tor2" for name in FIVE}
    node, uplink = said("r1", [(a, b) for a in FIVE[:3] for b in FIVE[3:]], groups)
    assert (node.verdict, uplink.severity, uplink.part) == (Verdict.PASS, "warning", "the link between tor1 and tor2")
    assert uplink.got == "slow in all 6 pairs that go over it (12 Gb/s), only from tor1 to tor2"


def test_a_node_without_any_result() -> None:
    (nothing,) = said("r5", [], pairs=[("r1", "r2")])
    assert (nothing.verdict, nothing.got) == (Verdict.UNKNOWN, "not measured: no test with r9")
    assert nothing.remedy
