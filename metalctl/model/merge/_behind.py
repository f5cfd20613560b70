"""Disks that the BMC lists and the kernel does not, but that a RAID controller has behind its volumes."""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Inventory
from metalctl.model.parts import DISK, RAID_DISK, Kind, pair


def alone(out_of_band: Inventory, in_band: Inventory) -> tuple[list[Any], list[Any]]:
    """(BMC's disks, in-band disks) that the other side lists neither as a disk nor behind a controller."""
    _, outside, inside = pair(out_of_band.disks, in_band.disks, DISK.keys)
    return pair(outside, in_band.raid_disks, RAID_DISK.keys)[1], inside


def outside_of(kind: Kind, out_of_band: Inventory, in_band: Inventory) -> tuple[Any, ...]:
    """The BMC's parts of that kind: a BMC lists every disk alike, so those behind a controller are found here."""
    if kind is not RAID_DISK:
        return kind.of(out_of_band)
    _, outside, _ = pair(out_of_band.disks, in_band.disks, DISK.keys)
    hidden, _, _ = pair(outside, in_band.raid_disks, RAID_DISK.keys)
    return (*kind.of(out_of_band), *(one for one, _ in hidden))
