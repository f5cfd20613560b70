"""What the pair tests say of one node, as a finding that a technician can act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from metalctl.model.finding import Finding
from metalctl.model.pairs.cells import SPINE, Cell, Place, node
from metalctl.model.pairs.solve import Blame, Solution
from metalctl.model.verdict import Verdict

_SHOWN = 4
_ONLY = {"tx": "only when it sends, it receives at full rate", "rx": "only when it receives, it sends at full rate"}
_OTHER = {"tx": "rx", "rx": "tx"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is known beside the matrix. check: its name; limit: as people write it; ports: node → how it is cabled.

    missed: node → why pairs of it were not measured; possible: how many pairs each node could have.
    """

    check: str
    limit: str = ""
    ports: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    possible: int = 0


def findings(solution: Solution, name: str, told: Told) -> tuple[Finding, ...]:
    """The verdict on the node, then a warning for each slow part of the network that its pairs went over."""
    return (_verdict(solution, name, told), *(_uplink(b, solution, told) for b in _over(solution, name)))


def _verdict(solution: Solution, name: str, told: Told) -> Finding:
    if blame := solution.blame(name):
        return _blamed(blame, solution, name, told)
    if solution.verdict(name) is Verdict.PASS:
        return Finding(f"check.{told.check}", Verdict.PASS, _expected(told), _passed(solution, name, told),
                       source="tests in pairs")  # fmt: skip
    got, remedy = _undecided(solution, name, told)
    return Finding(f"check.{told.check}", Verdict.UNKNOWN, _expected(told), got, source="tests in pairs", remedy=remedy)


def _expected(told: Told) -> str:
    return f"{told.limit} with every peer".strip()


def _blamed(blame: Blame, solution: Solution, name: str, told: Told) -> Finding:
    peers = sorted({_peer(c, name) for c in blame.cells})
    good = sorted({_peer(c, name) for c in solution.of(name)} - set(peers))
    fast = [peer for peer in peers if solution.proven(peer)]
    said = [f"slow with {_list(peers)}{_rates(blame.cells)}"]
    said += [_ONLY[way] for way in blame.ways if (node(name), _OTHER[way]) in solution.cleared]
    said += [f"with other nodes {_list(fast)} {'is' if len(fast) == 1 else 'are'} fast"] if fast else []
    said += [f"fast with {_list(good)}"] if good else []
    got = "; ".join(said)
    part = f"NIC, cable or switch port of {name}{_cabling(name, told)}"
    remedy = (
        f"swap the cable of {name}, then use another port of the switch, then replace the NIC; after each step run "
        f"metalctl enroll --retry {name} together with another node: pair tests do not show which of the three it is"
    )
    return Finding(f"check.{told.check}", Verdict.FAIL, _expected(told), got, part, "tests in pairs", remedy)


def _passed(solution: Solution, name: str, told: Told) -> str:
    cells = solution.of(name)
    bad = {_peer(c, name) for c in cells if c.good is False}
    every = {_peer(c, name) for c in cells}
    good = every - bad - {_peer(c, name) for c in cells if c.good is None}
    of = f" (of {told.possible} possible)" if told.possible > len(every) else ""
    text = f"fast in {_pairs(len(good))}{of}"
    guilty = sorted(peer for peer in bad if solution.blame(peer))
    if guilty:
        text += f"; slow with {_list(guilty)}, where the fault is"
    if rest := sorted(bad - set(guilty)):
        text += f"; slow with {_list(rest)}, not because of this node"
    if told.missed.get(name):
        text += f"; not measured: {_list(told.missed[name])}"
    return text


def _undecided(solution: Solution, name: str, told: Told) -> tuple[str, str]:
    """(what is known, what to measure next)"""
    bad = [c for c in solution.of(name) if c.good is False]
    slow = f"slow with {_list(sorted({_peer(c, name) for c in bad}))}{_rates(bad)}"
    again = f"metalctl enroll --retry {name}"
    if solution.shared:
        got = f"pairs are slow everywhere in this batch{_rates(bad)}: the cause is what they share, not one node"
        by_hand = "run iperf3 by hand between two nodes on one switch"
        return got, f"check switch, spine and the limit in the profile: {by_hand}; then {again} and the others"
    if places := {place for c in bad for place in solution.open.get(c, frozenset())}:
        said = " or ".join(_place(p, told) for p in sorted(places, key=lambda p: (p != node(name), p)))
        few = "too few pairs to show which" if len(places) > 1 else "too few pairs to be certain"
        return f"{slow}: the fault is in {said}; {few}", _measure(solution, name, places)
    if solution.erratic(name):
        counters = f"check the error counters of each port of {name}{_cabling(name, told)}"
        return (
            f"{slow}, fast with others: a fault that comes and goes, or one member of a bond",
            f"{counters}, then {again}",
        )
    if bad:
        guilty = sorted({_place(b.place, told) for b in solution.blamed if set(b.cells) & set(bad)})
        got = f"{slow}, because of {_list(guilty)}: nothing else was measured of this node"
        return got, f"test {name} with a node that passed: enroll them together"
    reasons = told.missed.get(name) or ["no pair gave a clear result in both directions"]
    return (
        f"not measured: {_list(reasons)}",
        f"test it with another node: {again}, and retry or enroll another node with it",
    )


def _measure(solution: Solution, name: str, places: Iterable[Place]) -> str:
    places = list(places)
    nodes = sorted({n for p in places if p.is_node for n in p.names} | {name})
    proven = sorted(n for n in {n for c in solution.cells for n in c.pair} - set(nodes) if solution.proven(n))
    fresh = [n for n in proven if n not in {_peer(c, name) for c in solution.of(name)}] or proven
    near = [n for n in fresh if solution.groups.get(n) == solution.groups.get(name)] or fresh
    partner = f"{near[0]}, which is fast" if near else "a node that is known to be fast"
    move = f", or move a cable of {name} to another switch" if any(not p.is_node for p in places) else ""
    return f"test {_list(nodes)} with {partner}{move}: enroll them together"


def _over(solution: Solution, name: str) -> list[Blame]:
    return [b for b in solution.blamed if not b.place.is_node and any(name in c.pair for c in b.cells)]


def _uplink(blame: Blame, solution: Solution, told: Told) -> Finding:
    ways = sorted({(solution.groups[c.sender], solution.groups[c.receiver]) for c in blame.cells})
    one_way = {pair for pair in ways if pair[::-1] not in ways}
    said = " and ".join(f"{a} to {b}" for a, b in sorted(one_way))
    only = f", only from {said}" if len(one_way) == len(ways) else ""
    got = f"slow in all {_pairs(len({c.pair for c in blame.cells}))} that go over it{_rates(blame.cells)}{only}"
    where = _place(blame.place, told)
    remedy = (
        f"check {where}: errors, speed and members of its LAG; if it was only full, lower pairs_per_uplink of iperf3 "
        "in the profile; the nodes are judged by their other pairs"
    )
    return Finding(f"check.{told.check}.uplink", Verdict.UNKNOWN, _expected(told), got, where, "tests in pairs", remedy,
                   severity="warning")  # fmt: skip


def _place(place: Place, told: Told) -> str:
    if place.is_node:
        name = place.names[0]
        return f"the NIC, cable or switch port of {name}{_cabling(name, told)}"
    switches = [n for n in place.names if n != SPINE]
    also = " or what all switches share (spine)" if SPINE in place.names else ""
    if not switches:
        return "what all switches share (spine)"
    if len(switches) == 1:
        return f"the uplink of {switches[0]}{also}"
    return f"the link between {' and '.join(switches)}{also}"


def _cabling(name: str, told: Told) -> str:
    ports = told.ports.get(name, ())
    return f" ({'; '.join(ports)})" if ports else ""


def _rates(cells: Iterable[Cell]) -> str:
    shown = sorted({c.shown for c in cells if c.good is False and c.shown})
    if not shown:
        return ""
    return (
        f" ({shown[0]})" if len(shown) == 1 else f" ({', '.join(shown[:_SHOWN])}{' …' if len(shown) > _SHOWN else ''})"
    )


def _peer(cell: Cell, name: str) -> str:
    return cell.receiver if cell.sender == name else cell.sender


def _pairs(number: int) -> str:
    return f"{number} pair{'' if number == 1 else 's'}"


def _list(some: Sequence[str]) -> str:
    more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
    return ", ".join(some[:_SHOWN]) + more
