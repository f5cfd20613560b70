"""Parts of an inventory as a ticket names them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from metalctl.model.finding import Fru
from metalctl.model.inventory import Controller, Dimm, Disk, Nic, Package, PcieDevice, PowerSupply


def of_dimm(dimm: Dimm) -> Fru:
    """A memory module, or the empty slot of one."""
    return Fru("dimm", dimm.slot, dimm.part_number, dimm.serial)


def of_disk(disk: Disk) -> Fru:
    """A disk; where the chassis states no slot, the path by which it is plugged in, or how it is reached."""
    where = " ".join(w for w in (disk.enclosure, disk.slot) if w) or disk.by_path or disk.pci
    return Fru("disk", where or disk.name, disk.model, disk.serial)


def of_nic(nic: Nic) -> Fru:
    """The adapter of a port; a port without a slot is told by its PCI address and kernel name."""
    return Fru("nic", nic.slot or " ".join(w for w in (nic.pci, nic.name) if w), nic.part_number or nic.model,
               nic.serial or nic.mac)  # fmt: skip


def of_supply(supply: PowerSupply) -> Fru:
    """A power supply, or the empty bay of one."""
    return Fru("psu", supply.slot, supply.part_number or supply.model, supply.serial)


def of_package(package: Package) -> Fru:
    """A processor in its socket."""
    return Fru("cpu", package.socket, package.part_number or package.model, package.serial)


def of_controller(controller: Controller) -> Fru:
    """A storage controller."""
    return Fru("controller", controller.pci or controller.name, controller.model, controller.serial)


def of_device(device: PcieDevice) -> Fru:
    """Any other card."""
    return Fru("card", device.slot or device.address, device.model, device.serial)


_OF: dict[str, Callable[[Any], Fru]] = {
    "package": of_package,
    "dimm": of_dimm,
    "disk": of_disk,
    "raid disk": of_disk,
    "nic": of_nic,
    "controller": of_controller,
    "pcie device": of_device,
    "power supply": of_supply,
}


def of_part(kind: str, part: Any, other: Any = None) -> tuple[Fru, ...]:
    """The part of that kind (metalctl.model.parts), with what `other`, the same part as the other side sees it, adds.

    Empty for what nobody can replace by itself: a volume, a bond, a NUMA node, a sensor, a firmware.
    """
    if kind not in _OF:
        return ()
    if other is not None:
        blank = {
            f.name: getattr(other, f.name) for f in dataclasses.fields(part) if getattr(part, f.name) in ("", None)
        }
        part = dataclasses.replace(part, **blank)
    return (_OF[kind](part),)
