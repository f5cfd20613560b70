"""Disks, controllers and volumes of a system: Storage, else SimpleStorage."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Collection, Iterable

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.fetch.elsewhere import Elsewhere
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.together import flat, together
from metalctl.bmc.redfish.parse import pcie_link
from metalctl.bmc.redfish.parse import storage as parse_storage
from metalctl.bmc.redfish.parse.media import kind_of
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.chassis import Chassis
from metalctl.bmc.redfish.schema.links import each_once, is_whole, last, path_of, place_of, plain, usable
from metalctl.bmc.redfish.schema.storage import Drive, SimpleStorage, Storage, StorageController, Volume
from metalctl.bmc.redfish.schema.system import System
from metalctl.model.inventory import Controller, Disk, PcieDevice, PcieLink
from metalctl.model.inventory import Volume as VolumePart

# What hangs on the list of subsystems: none of it is known when that cannot be read.
_ALL = ("disks", "controllers", "volumes")
Parts = tuple[tuple[Disk, ...], tuple[Controller, ...], tuple[VolumePart, ...]]


async def read_storage(
    reader: Reader, system: System, pcie: Awaitable[list[PcieDevice]], chassis: Awaitable[list[Chassis]], quirks: Quirks
) -> Parts:
    """The disks, each once, by name; the controllers; the volumes. pcie: the devices, some of which are the disks'."""
    for fact in _ALL:
        reader.came_from(fact, system.storage)
    units = [Storage(one) for one in await reader.members(_ALL, system.storage, witness="storage")]
    reader.saw("unit", (one.json for one in units))
    read = await together(_unit(reader, unit, pcie) for unit in units)
    controllers = flat(found for _, found, _ in read)
    volumes = flat(found for _, _, found in read)
    boxes = await chassis
    elsewhere = Elsewhere.of(reader, quirks, system, boxes)
    disks = await _all_disks(reader, system, units, boxes, elsewhere, flat(found for found, _, _ in read))
    beside = await elsewhere.parts("controller", not controllers)
    controllers += [parse_storage.controller(StorageController(one), str(one["Id"])) for one, _ in beside]
    if not disks:
        _doubt(reader, elsewhere, volumes)
    return (
        tuple(sorted(disks, key=lambda d: d.name)),
        tuple(sorted(controllers, key=lambda c: c.name)),
        tuple(sorted(volumes, key=lambda v: (v.controller, v.name))),
    )


async def _all_disks(
    reader: Reader,
    system: System,
    units: list[Storage],
    boxes: list[Chassis],
    elsewhere: Elsewhere,
    disks: list[Disk],
) -> Collection[Disk]:
    """Those of the subsystems and those that none of them lists, each once; else those of the simple view."""
    # Where the list itself is broken, the drives are not looked for one by one.
    more = await _of_chassis(reader, boxes, units) if units or "disks" not in reader.notes else []
    more += await _of_quirks(reader, elsewhere, not disks)
    serials = {disk.serial for disk in disks if disk.serial}
    every = [*disks, *(disk for disk in more if disk.serial not in serials)]
    if not every and "disks" not in reader.notes:
        every = await _simple(reader, system)
    return {(disk.serial or disk.name, disk.slot): disk for disk in every}.values()


async def _of_chassis(reader: Reader, boxes: list[Chassis], units: list[Storage]) -> list[Disk]:
    """Drives that the chassis link to, or list, and no subsystem does, by whatever address."""
    for box in boxes:
        reader.whole("disks", box.json, "Links.Drives")
    lists = each_once(box.drive_list for box in boxes if box.drive_list)
    listed = await together(reader.listed("disks", each) for each in lists.values())
    known = [link for unit in units for link in unit.drives]
    named = [link for box in boxes for link in box.drives] + [link for some in listed for link in some]
    found = await reader.every("disks", _beside(known, named))
    reader.saw("drive", [*known, *named, *found])
    return _disks(reader, ((one, "") for one in found))


def _beside(known: list[Resource], named: list[Resource]) -> list[Resource]:
    """What is named and not known: neither by its address nor, address against address, by the last step of it."""
    have, wanted = {place_of(one) for one in known}, each_once(named)
    free = Counter(last(plain(path_of(one))) for one in known if place_of(one) not in wanted)
    beside = []
    for link in (link for place, link in wanted.items() if place not in have):
        step = last(plain(path_of(link)))
        if free[step] > 0:
            free[step] -= 1
        else:
            beside.append(link)
    return beside


async def _of_quirks(reader: Reader, elsewhere: Elsewhere, none: bool) -> list[Disk]:
    found = await elsewhere.parts("disk", none)
    reader.came_from("disks", *(one for one, _ in found[:1] if none))
    return _disks(reader, found)


def _disks(reader: Reader, found: Iterable[tuple[Resource, str]]) -> list[Disk]:
    drives = [(Drive(one), owner) for one, owner in found]
    reader.doubts(parse_storage.doubt(drive) for drive, _ in drives)
    return [parse_storage.disk(drive, owner) for drive, owner in drives if parse_storage.there(drive)]


async def _simple(reader: Reader, system: System) -> list[Disk]:
    """The disks of an old or small BMC's view."""
    reader.came_from("disks", system.simple_storage)
    simple = await reader.members("disks", system.simple_storage)
    devices = [device for one in simple for device in SimpleStorage(one).devices]
    reader.doubts(map(parse_storage.simple_doubt, devices))
    return [disk for device in devices if (disk := parse_storage.simple_disk(device))]


def _doubt(reader: Reader, elsewhere: Elsewhere, volumes: list[VolumePart]) -> None:
    """No disk is listed; whether there is none is another thing."""
    if volumes:
        names = ", ".join(one.name for one in volumes)
        reader.doubt("disks", f"{reader.name} lists no drive, but volumes that are made of some: {names}")
    elsewhere.doubt("disks")


async def _unit(
    reader: Reader, unit: Storage, pcie: Awaitable[list[PcieDevice]]
) -> tuple[list[Disk], list[Controller], list[VolumePart]]:
    reader.whole("disks", unit.json, "Drives")
    reader.whole("controllers", unit.json, "StorageControllers")
    drives, controllers = await asyncio.gather(_drives(reader, unit), _controllers(reader, unit))
    volumes = await _volumes(reader, unit, controllers)
    reader.saw("drive", (one.json for one in drives))
    serials = {drive.path: drive.serial for drive in drives}
    reader.doubts(map(parse_storage.doubt, drives))
    there = [drive for drive in drives if parse_storage.there(drive)]
    links = await _links(there, controllers, pcie)
    return (
        [parse_storage.disk(drive, unit.id, links.get(drive.path)) for drive in there],
        [parse_storage.controller(one, unit.id) for one in controllers],
        [parse_storage.volume(one, unit.id, serials) for one in volumes],
    )


async def _volumes(reader: Reader, unit: Storage, controllers: list[StorageController]) -> list[Volume]:
    """Only a controller makes volumes: what a disk that hangs on the processor lists as such is the disk again.

    One that lists no drive may have some behind volumes all the same.
    """
    if not controllers or not (unit.drives or any(one.raid_types for one in controllers)):
        return []
    volumes = [Volume(one) for one in await reader.members("volumes", unit.volumes)]
    reader.saw("volume", (one.json for one in volumes))
    reader.doubts(map(parse_storage.volume_doubt, volumes))
    return volumes


async def _links(
    drives: list[Drive], controllers: list[StorageController], pcie: Awaitable[list[PcieDevice]]
) -> dict[str, PcieLink | None]:
    """Path of an NVMe drive → its link. It asks the BMC nothing: the PCIe devices are read anyway."""
    nvme = [drive for drive in drives if kind_of(drive) == "nvme"]
    devices: dict[str, PcieLink | None] = {}
    for one in await pcie if nvme else ():
        # Two chassis may give their devices the same ids: then nobody knows which one it is.
        devices[one.address] = one.link if devices.get(one.address, one.link) == one.link else None
    alone = controllers[0] if len(drives) == len(controllers) == 1 else None
    return {drive.path: pcie_link.of_drive(drive, alone, devices) for drive in nvme}


async def _drives(reader: Reader, unit: Storage) -> list[Drive]:
    """The drives; where expanding works, one request for the subsystem brings all of them."""
    listed = {path_of(one) or str(n): one for n, one in enumerate(unit.drives)}
    if len(listed) > 1 and unit.path and not any(is_whole(one) for one in listed.values()):
        listed |= {path_of(one): one for one in await _expanded(reader, unit) if path_of(one) in listed}
    return [Drive(one) for one in await reader.every("disks", listed.values())]


async def _expanded(reader: Reader, unit: Storage) -> list[dict[str, object]]:
    if not reader.expand.target(unit.path):
        return []
    # A kind of its own: a BMC that expands collections may still not expand a subsystem, and ids differ.
    if "Storage/*" in reader.expand.lies:
        return []
    found = Storage(await reader.one((), f"{unit.path}?{reader.expand.query}")).drives
    if not any(is_whole(one) for one in found):
        reader.expand.lies.add("Storage/*")
    return found


async def _controllers(reader: Reader, unit: Storage) -> list[StorageController]:
    if unit.controllers_inside:
        return [one for one in unit.controllers_inside if usable(one.json) and not one.absent]
    found = [StorageController(one) for one in await reader.members("controllers", unit.controllers)]
    return [one for one in found if not one.absent]
