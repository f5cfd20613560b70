"""Parts of an inventory as a ticket names them."""

from __future__ import annotations

from metalctl.model.finding import Fru
from metalctl.model.inventory import Dimm, Disk, Nic, PowerSupply


def of_dimm(dimm: Dimm) -> Fru:
    """A memory module, or the empty slot of one."""
    return Fru("dimm", dimm.slot, dimm.part_number, dimm.serial)


def of_disk(disk: Disk) -> Fru:
    """A disk; where the chassis states no slot, the path by which it is plugged in."""
    return Fru("disk", " ".join(w for w in (disk.enclosure, disk.slot) if w) or disk.by_path, disk.model, disk.serial)


def of_nic(nic: Nic) -> Fru:
    """The adapter of a port; a port without a slot is told by its PCI address and kernel name."""
    return Fru("nic", nic.slot or " ".join(w for w in (nic.pci, nic.name) if w), nic.part_number or nic.model,
               nic.serial or nic.mac)  # fmt: skip


def of_supply(supply: PowerSupply) -> Fru:
    """A power supply, or the empty bay of one."""
    return Fru("psu", supply.slot, supply.part_number or supply.model, supply.serial)
