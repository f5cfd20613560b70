"""Disks that the BMC lists and the kernel does not, but that a RAID controller has behind its volumes."""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Inventory
from metalctl.model.parts import KINDS, Kind, pair

DISK = next(k for k in KINDS if k.name == "disk")
RAID_DISK = next(k for k in KINDS if k.name == "raid disk")


def alone(out_of_band: Inventory, in_band: Inventory) -> tuple[list[Any], list[Any]]:
    """(BMC's disks, in-band disks) that the other side lists neither as a disk nor behind a controller."""
    _, outside, inside = pair(out_of_band.disks, in_band.disks, DISK.keys)
    behind = pair(outside, in_band.raid_disks, RAID_DISK.keys)
    return behind[1], inside


def hidden(out_of_band: Inventory, in_band: Inventory) -> list[Any]:
    """The BMC's disks that are behind a controller, as the BMC knows them."""
    _, outside, _ = pair(out_of_band.disks, in_band.disks, DISK.keys)
    return [one for one, _ in pair(outside, in_band.raid_disks, RAID_DISK.keys)[0]]


def outside_of(kind: Kind, out_of_band: Inventory, in_band: Inventory) -> tuple[Any, ...]:
    """The BMC's parts of that kind: a BMC lists every disk alike, so those behind a controller are found here."""
    listed = kind.of(out_of_band)
    return (*listed, *hidden(out_of_band, in_band)) if kind.name == RAID_DISK.name else listed
