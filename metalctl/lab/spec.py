"""What a rack is to be: pure data, as declared in rack.yaml and as changed by faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DiskKind = Literal["ssd", "hdd", "nvme"]
Firmware = Literal["bios", "uefi"]

DISK_KINDS: tuple[str, ...] = ("ssd", "hdd", "nvme")
FIRMWARES: tuple[str, ...] = ("bios", "uefi")
ROLES: tuple[str, ...] = ("controller", "compute", "storage")
MIB = 2**20


@dataclass(frozen=True)
class Disk:
    """One disk; `size` in bytes."""

    kind: DiskKind
    size: int


@dataclass(frozen=True)
class Nic:
    """One NIC; `speed` in Mb/s as ethtool will show it."""

    speed: int = 25_000


@dataclass(frozen=True)
class Node:
    """One server; `memory` in bytes, `threads` hardware threads a core, `virtualization` whether the CPU offers it.

    `iommu`: whether the board has one. `dimms`: bytes of the module in each slot as the firmware lists them, 0 for an
    empty slot; none leaves the list to QEMU. `bios`: the firmware's version. `supplies`: power supplies fitted, of two
    bays. `clock_skew`: seconds that the BMC's clock is ahead. `crossed`: the cables of the first two NICs are swapped.
    `one_switch`: all cables go to the first switch of two. `one_card`: all NICs are functions of one PCI device.
    """

    name: str
    role: str
    firmware: Firmware = "bios"
    vcpus: int = 2
    threads: int = 1
    memory: int = 2560 * MIB
    disks: tuple[Disk, ...] = (Disk("ssd", 8 * 1024 * MIB),)
    nics: tuple[Nic, ...] = (Nic(), Nic())
    virtualization: bool = True
    iommu: bool = False
    dimms: tuple[int, ...] = ()
    ecc: bool = True
    bios: str = "1.4.0"
    supplies: int = 2
    clock_skew: int = 0
    crossed: bool = False
    one_switch: bool = False
    one_card: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rack:
    """A rack as declared, its faults not yet applied. `switches`: 1, or 2 that speak LACP as one (MLAG)."""

    name: str
    nodes: tuple[Node, ...]
    switches: int = 1
