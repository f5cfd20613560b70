"""Who is to blame for slow pairs: the fewest faults that explain every bad cell and that no good cell contradicts.

A good cell clears all that it goes through, in its direction. What is left of a bad cell are its possible causes. A
place is blamed only when

- two pairs or more speak against it that no other place to blame explains, and
- some bad cell has no other possible cause, or any explanation without it needs at least two faults more.

Everything else stays open, with exactly the places that it can be. When no pair at all is good, or when more than half
of the nodes would be to blame, it is what they share: the test, its limit, a spine. Then no node is blamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from metalctl.model.pairs import cover
from metalctl.model.pairs.cells import Cell, Element, Place, between, elements, node
from metalctl.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Blame:
    """A place that is to blame. ways: of a node, "rx", "tx" or both; cells: what speaks against it."""

    place: Place
    ways: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """open: each bad cell that is not explained for certain, with all the places that it can be (none: nothing that was
    measured explains it). cleared: in which directions a node was good with somebody. shared: all is slow.
    """

    cells: tuple[Cell, ...]
    groups: Mapping[str, str]
    blamed: tuple[Blame, ...] = ()
    open: Mapping[Cell, frozenset[Place]] = field(default_factory=dict)
    cleared: frozenset[Element] = frozenset()
    shared: bool = False

    def of(self, name: str) -> list[Cell]:
        """The cells of one node."""
        return [c for c in self.cells if name in (c.sender, c.receiver)]

    def blame(self, name: str) -> Blame | None:
        """What is said against a node."""
        return next((b for b in self.blamed if b.place == node(name)), None)

    def proven(self, name: str) -> bool:
        """Whether the node sent and received at full rate, with whichever peers."""
        return {(node(name), "tx"), (node(name), "rx")} <= self.cleared

    def erratic(self, name: str) -> bool:
        """Whether half of its pairs or more are bad for no cause that all measurements allow."""
        unexplained = {c.pair for c, causes in self.open.items() if not causes and name in c.pair}
        return bool(unexplained) and 2 * len(unexplained) >= len({c.pair for c in self.of(name)})

    def verdict(self, name: str) -> Verdict:
        """FAIL for a node that is to blame; PASS for one that was good in both directions; else UNKNOWN."""
        if self.blame(name):
            return Verdict.FAIL
        return Verdict.PASS if self.proven(name) and not self.erratic(name) else Verdict.UNKNOWN


def solve(cells: Iterable[Cell], groups: Mapping[str, str]) -> Solution:
    """groups: node → the switch it is on; "" or nothing where that is not known."""
    cells = tuple(cells)
    spine = len({groups.get(n, "") for c in cells for n in c.pair} - {""}) > 2
    cleared = frozenset(e for c in cells if c.good for e in elements(c, groups, spine=spine))
    bad = [c for c in cells if c.good is False]
    if _all_bad(cells):
        return Solution(cells, groups, (), {c: frozenset() for c in bad}, cleared, shared=True)
    causes = _merged(_causes(cells, bad, groups, cleared, spine=spine))
    places = _places(causes)
    blamed = [_blame(place, causes, places) for place in sorted(places)]
    blamed = [b for b in blamed if len({c.pair for c in _own(b.place, causes, places)}) > 1]
    if 2 * sum(b.place.is_node for b in blamed) > len({n for c in cells for n in c.pair}):
        return Solution(cells, groups, (), causes, cleared, shared=True)
    explained = {c for b in blamed for c in b.cells}
    return Solution(cells, groups, tuple(blamed), {c: s for c, s in causes.items() if c not in explained}, cleared)


def _all_bad(cells: tuple[Cell, ...]) -> bool:
    """Whether three nodes or more were tested, and no pair was good."""
    measured = [c for c in cells if c.good is not None]
    return len({n for c in measured for n in c.pair}) > 2 and not any(c.good for c in measured)


def _causes(
    cells: tuple[Cell, ...], bad: list[Cell], groups: Mapping[str, str], cleared: frozenset[Element], *, spine: bool
) -> dict[Cell, frozenset[Place]]:
    """Each bad cell with what can be the cause of it. A way between two switches only where nothing else is left."""
    fine = {between(c, groups) for c in cells if c.good}
    found = {}
    for cell in bad:
        left = frozenset(p for p, way in elements(cell, groups, spine=spine) if (p, way) not in cleared)
        way = between(cell, groups)
        found[cell] = left or (frozenset({way[0]}) if way and way not in fine else left)
    return found


def _merged(causes: dict[Cell, frozenset[Place]]) -> dict[Cell, frozenset[Place]]:
    """Parts of the network that the same bad cells speak against are one place: nothing tells them apart."""
    against: dict[Place, set[Cell]] = defaultdict(set)
    for cell, places in causes.items():
        for place in places:
            against[place].add(cell)
    alike: dict[frozenset[Cell], set[str]] = defaultdict(set)
    for place, cells in against.items():
        if not place.is_node:
            alike[frozenset(cells)] |= set(place.names)
    merged = {p: Place("network", tuple(sorted(alike[frozenset(c)]))) for p, c in against.items() if not p.is_node}
    return {cell: frozenset(merged.get(p, p) for p in places) for cell, places in causes.items()}


def _places(causes: dict[Cell, frozenset[Place]]) -> set[Place]:
    """The places that are to blame for certain."""
    forced = {next(iter(places)) for places in causes.values() if len(places) == 1}
    found = set(forced)
    for knot in cover.knots(s for s in causes.values() if s and forced.isdisjoint(s)):
        smallest = cover.smallest(knot)
        found |= {p for p in smallest or () if cover.certain(knot, smallest or (), p)}
    return found


def _own(place: Place, causes: dict[Cell, frozenset[Place]], places: set[Place]) -> list[Cell]:
    """The cells that no other place to blame explains: only these say anything of this one."""
    return [c for c, possible in causes.items() if possible & places == {place}]


def _blame(place: Place, causes: dict[Cell, frozenset[Place]], places: set[Place]) -> Blame:
    cells = tuple(c for c, possible in causes.items() if place in possible)
    own = _own(place, causes, places)
    # A direction that something else can explain as well is only named where no other is certain.
    own = [c for c in own if len(causes[c]) == 1] or own
    ways = {"tx" if c.sender in place.names else "rx" for c in own}
    return Blame(place, tuple(sorted(ways)) if place.is_node else (), cells)
