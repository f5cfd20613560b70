"""Which chassis are a system's own, of all that its BMC shows, and which it shares. No I/O.

Own is what the system links to, what names it (`Links.ComputerSystems`: it "directly and wholly contains" them, DSP8010
Chassis), and what hangs under one of these by `Contains` or `ContainedBy`. The box around a board is own too, unless it
holds others: it names them, or a chassis under it is theirs, or is a computer's by its type. A blade, sled or server
is a box itself: what it is plugged into or stacked in is never its own, whoever else shows there.

A chassis that the system links to and that holds others too is shared: what powers and cools it serves the system, so
its supplies and fans are read; adapters and devices in it may be a neighbour's, and are read through the system's own
links only. The supplies of an enclosure that the system does not link to are the enclosure's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.chassis import Chassis
from metalctl.bmc.redfish.schema.links import path_of, plain
from metalctl.bmc.redfish.schema.system import System

_OF_A_COMPUTER = frozenset({"Blade", "Sled", "Drawer", "Cartridge", "RackMount", "StandAlone"})
_OF_MANY = frozenset({"Rack", "RackGroup", "Row", "Pod"})


@dataclass(frozen=True, slots=True)
class Homes:
    """own: all that is in them is the system's. shared: it is in them beside others."""

    own: list[Chassis] = field(default_factory=list)
    shared: list[Chassis] = field(default_factory=list)


def homes(every: Iterable[Chassis], ours: Iterable[System], others: Iterable[System], alone: bool) -> Homes:
    """The chassis of the systems `ours`, which are one machine; others: the BMC's other systems; alone: there are none.

    Where no link says whose a chassis is, all are those of a system that is alone.
    """
    place = _Place({plain(one.path): one for one in every}, list(ours), list(others))
    if not place.near:
        return Homes([place.every[p] for p in sorted(place.every) if p not in place.foreign] if alone else [])
    own = place.grown(place.near - place.shared)
    order = sorted(own, key=lambda path: (path not in place.linked, path not in place.near, path))
    return Homes([place.every[p] for p in order], [place.every[p] for p in sorted(place.shared & place.linked)])


class _Place:
    """Who is in what. linked: by a system of ours; near: that, or naming one; foreign: another's; shared: of both."""

    def __init__(self, every: dict[str, Chassis], ours: list[System], others: list[System]) -> None:
        self.every = every
        our = {plain(one.path) for one in ours}
        names = {path: set(_paths(one.systems)) for path, one in every.items()}
        elsewhere = _linked(others)
        self.linked = _linked(ours) & every.keys()
        self.near = self.linked | {path for path, named in names.items() if named & our}
        not_ours = {path for path, named in names.items() if named - our} | elsewhere
        self.shared = self.near & not_ours
        self.foreign = (not_ours & every.keys()) - self.near
        self.below: dict[str, set[str]] = defaultdict(set)
        self.above: dict[str, set[str]] = defaultdict(set)
        for path, one in every.items():
            for inner in _paths(one.contains):
                self._nest(path, inner)
            for outer in _paths(one.contained_by):
                self._nest(outer, path)

    def _nest(self, outer: str, inner: str) -> None:
        if outer in self.every and outer != inner:
            self.below[outer].add(inner)
            self.above[inner].add(outer)

    def grown(self, own: set[str]) -> set[str]:
        """With what hangs under them, and what is around them alone."""
        grown, todo = set(own), list(own)
        while todo:
            here = todo.pop()
            under = {p for p in self.below.get(here, ()) if not self._is_anothers(p)}
            around = {p for p in self.above.get(here, ()) if self._is_around(here, p)}
            new = (under | around) - grown
            grown |= new
            todo += new
        return grown

    def _is_anothers(self, path: str) -> bool:
        if path in self.near:
            return path in self.shared
        # What was not read, such as what a neighbour links to, is nobody's to take.
        return path not in self.every or path in self.foreign or self.every[path].kind in _OF_A_COMPUTER

    def _is_around(self, inner: str, outer: str) -> bool:
        """Whether the outer chassis holds nothing but ours."""
        if outer in self.foreign | self.shared or self.every[outer].kind in _OF_MANY:
            return False
        return self.every[inner].kind not in _OF_A_COMPUTER and not any(map(self._is_anothers, self._all_below(outer)))

    def _all_below(self, path: str) -> set[str]:
        todo, found = [path], set[str]()
        while todo:
            new = self.below.get(todo.pop(), set()) - found
            found |= new
            todo += new
        return found


def around(inner: Chassis) -> list[Resource]:
    """The link to what may be around it and ours too; none of a computer: what that is plugged into never is."""
    return [] if inner.kind in _OF_A_COMPUTER else inner.contained_by


def _linked(systems: Iterable[System]) -> set[str]:
    return {path for one in systems for path in _paths(one.chassis)}


def _paths(links: Iterable[Resource]) -> Iterator[str]:
    return (plain(path) for one in links if (path := path_of(one)))
