"""Which chassis are a machine's (see homes.py): all that may be are read."""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.parse.homes import Homes, around, homes
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.chassis import Chassis
from metalctl.bmc.redfish.schema.links import is_whole, path_of, plain
from metalctl.bmc.redfish.schema.system import System
from metalctl.bmc.redfish.schema.values import child

# What is read through the chassis: none of it is known when that cannot be read.
_ALL = ("power_supplies", "sensors", "pcie", "nics")
# A rack's worth of boards behind one BMC has some sixty.
MOST_CHASSIS = 128


async def homes_of(
    reader: Reader, root: Resource, ours: Iterable[System], others: Iterable[System], alone: bool
) -> Homes:
    """The chassis of the machine (see parse/homes.py): those that it links to, and those of the BMC that may be its."""
    machine, rest = list(ours), list(others)
    linked = _linked(machine)
    for one in machine:
        reader.whole(_ALL, one.json, "Links.Chassis")
    listed = await reader.listed(_ALL, child(root, "Chassis"), most=MOST_CHASSIS, witness="chassis")
    if len(listed) >= MOST_CHASSIS:
        reader.note(_ALL, f"{reader.name} has more chassis than the {MOST_CHASSIS} that are read")
    theirs = _linked(rest).keys() - linked.keys()
    wheres: dict[str, Resource | str] = {**linked}
    wheres |= {plain(path): one for one in listed if (path := path_of(one)) and plain(path) not in theirs}
    boxes, asked = await _read(reader, list(wheres.values())), set(wheres) | theirs
    result = homes(boxes, machine, rest, alone)
    while (beside := _near(result.own, asked)) and len(asked) < MOST_CHASSIS:
        asked |= beside.keys()
        boxes += [Chassis(one) for one in await reader.every(_ALL, beside.values())]
        result = homes(boxes, machine, rest, alone)
    for box in result.own:
        reader.whole(_ALL, box.json, "Links.Contains")
    return result


def _linked(systems: Iterable[System]) -> dict[str, str]:
    """Plain address → address of the chassis that they link to."""
    return {plain(path): path for one in systems for path in map(path_of, one.chassis)}


async def _read(reader: Reader, wheres: list[Resource | str]) -> list[Chassis]:
    """A list of bare links does not tell that anything in a chassis has changed: the first chassis does."""
    first, *more = wheres or [""]
    of_links = not isinstance(first, dict) or not is_whole(first)
    found = [await reader.one(_ALL, first, witness="chassis" if of_links else ""), *await reader.every(_ALL, more)]
    return [Chassis(one) for one in found if one]


def _near(own: Iterable[Chassis], asked: set[str]) -> dict[str, str]:
    """What they are in, and what is in them, where it was not asked for: the BMC's collection may not list it."""
    links = (link for one in own for link in (*one.contains, *around(one)))
    return {plain(path): path for path in map(path_of, links) if path and plain(path) not in asked}
