"""Disks, controllers and volumes of a system: Storage, else SimpleStorage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from metalctl.bmc.redfish import parts_link, parts_storage
from metalctl.bmc.redfish.links import is_whole, path_of, usable
from metalctl.bmc.redfish.media import kind_of
from metalctl.bmc.redfish.read import Reader, together
from metalctl.bmc.redfish.wire_storage import Drive, SimpleStorage, Storage, StorageController, Volume
from metalctl.bmc.redfish.wire_system import System
from metalctl.model.inventory import Controller, Disk, PcieDevice, PcieLink
from metalctl.model.inventory import Volume as VolumePart

# What hangs on the list of subsystems: none of it is known when that cannot be read.
_ALL = ("disks", "controllers", "volumes")
Parts = tuple[tuple[Disk, ...], tuple[Controller, ...], tuple[VolumePart, ...]]


async def read_storage(reader: Reader, system: System, pcie: Awaitable[list[PcieDevice]] | None = None) -> Parts:
    """The disks, each once, by name; the controllers; the volumes. pcie: the devices, some of which are the disks'."""
    for fact in _ALL:
        reader.came_from(fact, system.storage)
    units = [Storage(one) for one in await reader.members(_ALL, system.storage, witness="storage")]
    read = await together(_unit(reader, unit, pcie) for unit in units)
    disks = {(d.serial or d.name, d.slot): d for found, _, _ in read for d in found}
    if not disks and "disks" not in reader.notes:
        reader.came_from("disks", system.simple_storage)
        simple = await reader.members("disks", system.simple_storage)
        devices = [device for one in simple for device in SimpleStorage(one).devices]
        reader.doubts(map(parts_storage.simple_doubt, devices))
        disks = {(d.name, d.slot): d for device in devices if (d := parts_storage.simple_disk(device))}
    return (
        tuple(sorted(disks.values(), key=lambda d: d.name)),
        tuple(sorted((c for _, found, _ in read for c in found), key=lambda c: c.name)),
        tuple(sorted((v for _, _, found in read for v in found), key=lambda v: (v.controller, v.name))),
    )


async def _unit(
    reader: Reader, unit: Storage, pcie: Awaitable[list[PcieDevice]] | None
) -> tuple[list[Disk], list[Controller], list[VolumePart]]:
    reader.whole("disks", unit.json, "Drives")
    reader.whole("controllers", unit.json, "StorageControllers")
    drives, controllers = await asyncio.gather(_drives(reader, unit), _controllers(reader, unit))
    # Only a controller makes volumes: what a disk that hangs on the processor lists as such is the disk again.
    volumes = await reader.members("volumes", unit.volumes) if unit.drives and controllers else []
    serials = {drive.path: drive.serial for drive in drives}
    reader.doubts(map(parts_storage.doubt, drives))
    there = [drive for drive in drives if parts_storage.there(drive)]
    links = await _links(there, controllers, pcie)
    return (
        [parts_storage.disk(drive, unit.id, links.get(drive.path)) for drive in there],
        [parts_storage.controller(one, unit.id) for one in controllers],
        [parts_storage.volume(Volume(one), unit.id, serials) for one in volumes],
    )


async def _links(
    drives: list[Drive], controllers: list[StorageController], pcie: Awaitable[list[PcieDevice]] | None
) -> dict[str, PcieLink | None]:
    """Path of an NVMe drive → its link. It asks the BMC nothing: the PCIe devices are read anyway."""
    nvme = [drive for drive in drives if kind_of(drive) == "nvme"]
    devices: dict[str, PcieLink | None] = {}
    for one in await pcie if nvme and pcie else ():
        # Two chassis may give their devices the same ids: then nobody knows which one it is.
        devices[one.address] = one.link if devices.get(one.address, one.link) == one.link else None
    alone = controllers[0] if len(drives) == len(controllers) == 1 else None
    return {drive.path: parts_link.of_drive(drive, alone, devices) for drive in nvme}


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
