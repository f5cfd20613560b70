"""A RAID volume is as healthy as its members, its controller, and the battery and cache module of that. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from metalctl.model.health import judged
from metalctl.model.inventory import Controller, Disk, DiskHealth, Inventory
from metalctl.model.profile import HealthLimits


def with_members(inventory: Inventory, disks: Iterable[Disk], limits: HealthLimits) -> tuple[Disk, ...]:
    """The disks, volumes with the faults of their members, their controller, its battery and its cache module."""
    return tuple(_judged(inventory, d, limits) if d.kind == "volume" else d for d in disks)


def _judged(inventory: Inventory, disk: Disk, limits: HealthLimits) -> Disk:
    members, unread = _members(inventory, disk)
    looks = [(m, *judged(m.health, limits, m.kind)) for m in members]
    faults = [f"{m.label}: {said}" for m, good, said in looks if good is False]
    for card in _controllers(inventory, disk):
        faults += [f"controller {card.pci or card.name}: {fault}" for fault in card.faults or (card.health,)]
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
    named = [v for v in inventory.volumes if v.name in (disk.serial, disk.name)]
    volume = next((v for v in named if v.controller in ("", disk.controller)), None)
    if volume is None or not volume.members:
        return (there if disk.controller else []), []
    found = {name: d for d in there for name in (d.name, d.slot, d.serial) if name}
    members = [found[m] for m in volume.members if m in found]
    return members, [f"its member {m} could not be read" for m in volume.members if m not in found]


def _controllers(inventory: Inventory, disk: Disk) -> list[Controller]:
    """The volume's controller, if something is wrong with it."""
    named = [c for c in inventory.controllers if disk.controller and disk.controller in (c.pci, c.name)]
    return [c for c in named if c.faults or c.health in ("warning", "critical")]
