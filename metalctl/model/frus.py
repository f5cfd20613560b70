"""Parts of an inventory as a ticket names them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from metalctl.model.finding import Fru
from metalctl.model.inventory import Controller, Dimm, Disk, Nic, Package, PcieDevice, PowerSupply


def _disk(disk: Disk) -> Fru:
    """Where the chassis states no slot, the path by which it is plugged in, or how it is reached."""
    where = " ".join(w for w in (disk.enclosure, disk.slot) if w) or disk.by_path or disk.pci
    return Fru("disk", where or disk.name, disk.model, disk.serial)


def _nic(nic: Nic) -> Fru:
    """The adapter of a port; a port without a slot is told by its PCI address and kernel name."""
    return Fru("nic", nic.slot or " ".join(w for w in (nic.pci, nic.name) if w), nic.part_number or nic.model,
               nic.serial or nic.mac)  # fmt: skip


# A module or supply may be the empty slot of one; a device is any other card.
_OF: dict[type, Callable[[Any], Fru]] = {
    Package: lambda p: Fru("cpu", p.socket, p.part_number or p.model, p.serial),
    Dimm: lambda d: Fru("dimm", d.slot, d.part_number, d.serial),
    Disk: _disk,
    Nic: _nic,
    Controller: lambda c: Fru("controller", c.pci or c.name, c.model, c.serial),
    PcieDevice: lambda d: Fru("card", d.slot or d.address, d.model, d.serial),
    PowerSupply: lambda s: Fru("psu", s.slot, s.part_number or s.model, s.serial),
}


def fru(part: Any) -> Fru:
    """The part; KeyError for what nobody can replace by itself: a volume, a bond, a NUMA node, a sensor, a firmware."""
    return _OF[type(part)](part)


def frus(part: Any, other: Any = None) -> tuple[Fru, ...]:
    """The part, with what `other`, the same part as the other side sees it, adds; () for what nobody can replace."""
    if type(part) not in _OF:
        return ()
    if other is not None:
        known = {f.name: getattr(other, f.name) for f in dataclasses.fields(part)}
        part = dataclasses.replace(part, **{n: v for n, v in known.items() if getattr(part, n) in ("", None)})
    return (fru(part),)
