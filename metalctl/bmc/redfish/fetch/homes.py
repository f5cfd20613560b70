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
    linked = [path_of(link) for one in machine for link in one.chassis]
    for one in machine:
        reader.whole(_ALL, one.json, "Links.Chassis")
    listed = await reader.listed(_ALL, child(root, "Chassis"), most=MOST_CHASSIS, witness="chassis")
    if len(listed) >= MOST_CHASSIS:
        reader.note(_ALL, f"{reader.name} has more chassis than the {MOST_CHASSIS} that are looked at")
    theirs = {plain(path_of(link)) for one in rest for link in one.chassis} - set(map(plain, linked))
    wheres: dict[str, Resource | str] = {plain(path): path for path in linked}
    wheres |= {plain(path): one for one in listed if (path := path_of(one)) and plain(path) not in theirs}
    boxes, asked = await _read(reader, list(wheres.values())), set(wheres) | theirs
    while True:
        result = homes(boxes, machine, rest, alone)
        beside = {plain(path): path for box in result.own for path in _near(box) if plain(path) not in asked}
        if not beside or len(asked) >= MOST_CHASSIS:
            break
        asked |= beside.keys()
        boxes += [Chassis(one) for one in await reader.every(_ALL, beside.values())]
    for box in result.own:
        reader.whole(_ALL, box.json, "Links.Contains")
    return result


async def _read(reader: Reader, wheres: list[Resource | str]) -> list[Chassis]:
    """A list of bare links does not tell that anything in a chassis has changed: the first chassis does."""
    first, *more = wheres or [""]
    of_links = not isinstance(first, dict) or not is_whole(first)
    found = [await reader.one(_ALL, first, witness="chassis" if of_links else ""), *await reader.every(_ALL, more)]
    return [Chassis(one) for one in found if one]


def _near(one: Chassis) -> list[str]:
    """What it is in, and what is in it: the BMC's collection may not list them."""
    return [path for link in (*one.contains, *around(one)) if (path := path_of(link))]
