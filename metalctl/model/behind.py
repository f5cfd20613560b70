"""A RAID volume is as healthy as its members, its controller, and the battery and cache module of that. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from metalctl.model.health import judged
from metalctl.model.inventory import Disk, DiskHealth, Inventory
from metalctl.model.profile import HealthLimits


def with_members(inventory: Inventory, disks: Iterable[Disk], limits: HealthLimits) -> tuple[Disk, ...]:
    """The disks, volumes with the faults of their members, their controller, its battery and its cache module."""
    return tuple(_judged(inventory, d, limits) if d.kind == "volume" else d for d in disks)


def _judged(inventory: Inventory, disk: Disk, limits: HealthLimits) -> Disk:
    members, unread = _members(inventory, disk)
    looks = [(m, *judged(m.health, limits, m.kind)) for m in members]
    faults = [f"{m.label}: {said}" for m, good, said in looks if good is False] + _of_controllers(inventory, disk)
    doubts = [*unread, *(f"{m.label} behind it does not state its health" for m, good, _ in looks if good is None)]
    if not faults and not doubts:
        return disk
    health = disk.health or DiskHealth()
    return replace(disk, health=replace(health, faults=(*health.faults, *faults), doubts=(*health.doubts, *doubts)))


def _members(inventory: Inventory, disk: Disk) -> tuple[list[Disk], list[str]]:
    """The disks behind a volume, and those that are listed and could not be read.

    Where nobody tells which they are, all that are behind the same controller may be.
    """
    there = [d for d in inventory.raid_disks if d.controller == disk.controller]
    listed = _listed(inventory, disk)
    if not listed:
        return (there if disk.controller else []), []
    found = {name: d for d in there for name in (d.name, d.slot, d.serial) if name}
    return [found[m] for m in listed if m in found], [
        f"its member {m} could not be read" for m in listed if m not in found
    ]


def _listed(inventory: Inventory, disk: Disk) -> tuple[str, ...]:
    """The members of the volume that the disk is, as its controller calls them."""
    named = [v for v in inventory.volumes if v.name in (disk.serial, disk.name)]
    return next((v.members for v in named if v.controller in ("", disk.controller)), ())


def _of_controllers(inventory: Inventory, disk: Disk) -> list[str]:
    """What is wrong with the volume's controller."""
    named = [c for c in inventory.controllers if disk.controller and disk.controller in (c.pci, c.name)]
    bad = [c for c in named if c.faults or c.health in ("warning", "critical")]
    return [f"controller {c.pci or c.name}: {fault}" for c in bad for fault in c.faults or (c.health,)]
