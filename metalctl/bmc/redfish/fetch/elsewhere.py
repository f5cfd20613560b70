"""Parts that a BMC lists beside the standard's lists: where quirks say so, and where it looks as if there were some.

A quirk (see metalctl/bmc/quirks/also.py) names the way to such a list and how its properties are called; what is found
is read by the standard's own parsers. Where a list of the standard is empty, no quirk knows another, and a maker's link
looks as if it led to one, nobody knows whether there are such parts: that is said, and it is not "none".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.quirks.also import Also, Theirs
from metalctl.bmc.redfish.fetch.notes import Facts
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.chassis import Chassis
from metalctl.bmc.redfish.schema.links import last, path_of, place_of, plain
from metalctl.bmc.redfish.schema.system import System
from metalctl.bmc.redfish.schema.values import child, finite, inside

_FACTS = {"disk": "disks", "controller": "controllers", "device": "pcie"}
_LOOKS_LIKE = {
    "disks": re.compile(r"storage|dis[ck]s?(?![a-z])|drive|raid|array|nvme", re.IGNORECASE),
    "nics": re.compile(r"network|ethernet", re.IGNORECASE),
    "pcie": re.compile(r"pci|devices?$", re.IGNORECASE),
}
# Of a maker's extension, which may be anything.
_MOST_LOOKED_AT = 5000


@dataclass(slots=True)
class Elsewhere:
    """The lists beside the standard's, of one reading. places: where ways begin, by name: the system, the chassis."""

    reader: Reader
    entries: list[Also]
    places: dict[str, list[Resource]]
    _read: dict[str, list[Resource]] = field(default_factory=dict)

    @classmethod
    def of(cls, reader: Reader, quirks: Quirks, system: System, boxes: Iterable[Chassis]) -> Elsewhere:
        """Of one machine."""
        return cls(reader, quirks.also, {"system": [system.json], "chassis": [one.json for one in boxes]})

    async def parts(self, kind: str, none: bool) -> list[tuple[Resource, str]]:
        """Each part as the standard would call its properties, and the id of what lists it.

        none: whether the standard lists none of that kind.
        """
        found: dict[str, tuple[Resource, str]] = {}
        for entry in self.entries:
            if entry.kind != kind or (entry.if_none and not none):
                continue
            for part, owner in await self._at_the_end(entry):
                found.setdefault(place_of(part), (_translated(part, entry), owner))
        return list(found.values())

    async def _at_the_end(self, entry: Also) -> list[tuple[Resource, str]]:
        here = [(one, "") for one in self.places[entry.of]]
        for step in entry.way:
            here = [
                (one, _name(owner))
                for owner, _ in here
                for one in await self._followed(_FACTS[entry.kind], child(owner, *step))
            ]
        return here

    async def _followed(self, facts: Facts, link: Resource) -> list[Resource]:
        path = plain(path_of(link))
        if path and path not in self._read:
            self._read[path] = await self.reader.every(facts, [link])
        return self._read.get(path, [])

    def hint(self, fact: str) -> str:
        """The address of what looks like another list of that fact and no quirk has led to; "" when nothing does."""
        known = {plain(path_of(child(one, *e.way[0]))) for e in self.entries for one in self.places[e.of]}
        pattern = _LOOKS_LIKE[fact]
        for name, path in _oem_links(one for place in self.places.values() for one in place):
            if plain(path) not in known and (pattern.search(name) or pattern.search(last(path))):
                return path
        return ""

    def doubt(self, fact: str) -> None:
        """An empty list beside such a hint is not known to be empty."""
        if fact not in self.reader.notes and (path := self.hint(fact)):
            why = f"{self.reader.name} lists none, but links to {path}, which no quirk knows how to read"
            self.reader.doubt(fact, why, path)


def _name(resource: Resource) -> str:
    return str(resource.get("Id") or last(path_of(resource)))


def _oem_links(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """(name, address) of every link in the makers' extensions of the resources."""
    for name, value in inside([one.get("Oem") for one in resources], _MOST_LOOKED_AT):
        if isinstance(value, dict) and (path := path_of(value)):
            yield name, path


def _translated(part: Resource, entry: Also) -> Resource:
    """The part with the standard's names; what has none stays as it is."""
    found = {"Id": _name(part), **part}
    for place, theirs in entry.properties:
        if (value := _value(part, theirs)) is not None:
            _put(found, place, value)
    return found


def _value(part: Resource, theirs: Theirs) -> Any:
    *way, name = theirs.place
    value = child(part, *way).get(name)
    if theirs.base is None and theirs.factor == 1:
        return value
    number = finite(value)
    return (
        None if number is None else (theirs.base or 0) - number if theirs.base is not None else number * theirs.factor
    )


def _put(resource: Resource, place: tuple[str, ...], value: Any) -> None:
    for step in place[:-1]:
        inner = resource.get(step)
        resource[step] = dict(inner) if isinstance(inner, dict) else {}
        resource = resource[step]
    resource[place[-1]] = value
