"""The smallest sets of places that explain all bad cells: minimum hitting sets, by branching with a bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from metalctl.model.pairs.cells import Place

Causes = frozenset[Place]
# More faults than these in one knot are not told apart: a search for them takes long and proves little.
MOST = 5
# Branches of one search, after which it gives up.
STEPS = 4000


def knots(causes: Iterable[Causes]) -> list[list[Causes]]:
    """Cells that share a possible cause, directly or by others, and so have to be explained together."""
    leader: dict[Place, Place] = {}

    def find(place: Place) -> Place:
        while leader.setdefault(place, place) != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    different = set(causes)
    for some in different:
        first, *others = some
        for other in others:
            leader[find(other)] = find(first)
    knotted: dict[Place, list[Causes]] = defaultdict(list)
    for some in different:
        knotted[find(next(iter(some)))].append(some)
    return list(knotted.values())


def smallest(knot: Iterable[Causes]) -> tuple[Place, ...] | None:
    """One of the smallest sets that explain all of it; None when more than MOST are needed or it cannot be found."""
    knot = _minimal(knot)
    for size in range(1, MOST + 1):
        found = _within(knot, size, [STEPS])
        if found is not None:
            return found
    return None


def certain(knot: Iterable[Causes], found: tuple[Place, ...], place: Place) -> bool:
    """Whether any explanation without this place needs at least two faults more than the smallest one."""
    others = [some - {place} for some in knot]
    if not all(others):
        return True
    steps = [STEPS]
    return _within(_minimal(others), len(found) + 1, steps) is None and steps[0] > 0


def _minimal(knot: Iterable[Causes]) -> list[Causes]:
    """Without cells that another one explains with fewer causes."""
    kept: list[Causes] = []
    for some in sorted(set(knot), key=lambda s: (len(s), sorted(s))):
        if not any(smaller <= some for smaller in kept):
            kept.append(some)
    return kept


def _within(left: list[Causes], size: int, steps: list[int]) -> tuple[Place, ...] | None:
    """A set of at most `size` places; None when there is none, or when the steps are used up."""
    if not left:
        return ()
    if size == 0 or _disjoint(left) > size:
        return None
    for place in sorted(left[0]):
        steps[0] -= 1
        if steps[0] <= 0:
            return None
        rest = _within([some for some in left if place not in some], size - 1, steps)
        if rest is not None:
            return (place, *rest)
    return None


def _disjoint(left: list[Causes]) -> int:
    """At least so many places are needed: cells without a common cause need one each."""
    used: set[Place] = set()
    count = 0
    for some in left:
        if used.isdisjoint(some):
            used |= some
            count += 1
    return count
