"""Disks that are missing because a RAID controller keeps them behind its volumes: then nothing is to be seated."""

from __future__ import annotations

from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match._lists import reason
from metalctl.model.profile import DiskRequirement

_ACT = (
    "switch it to HBA mode, or its disks to JBOD, so that the system sees the disks themselves; or write kind: volume"
)


def behind(inventory: Inventory, need: DiskRequirement) -> list[Disk]:
    """Disks of the kind and size asked for that a RAID controller has."""
    fit = [d for d in inventory.raid_disks if d.kind in need.kind]
    return [d for d in fit if need.size is None or d.size is None or need.size.holds(d.size)]


def explained(inventory: Inventory, hidden: list[Disk]) -> str:
    """What to do about them; "" where no RAID controller has anything to do with it.

    Where there are volumes and nobody could read what is behind them, that is said with the reason.
    """
    volumes = [d for d in inventory.disks if d.kind == "volume"]
    names = ", ".join(d.name for d in volumes)
    if hidden:
        where = ", ".join(sorted({d.controller for d in hidden if d.controller}))
        shown = f", as {names}" if volumes else ""
        return (
            f"{len(hidden)} of that kind and size are behind the RAID controller {where}".rstrip() + f"{shown}: {_ACT}"
        )
    why = reason(inventory, "raid_disks")
    if volumes and not inventory.raid_disks and why:
        return f"{names} are volumes of a RAID controller, and what is behind them could not be read ({why}): {_ACT}"
    return ""
