"""Disks, NVMe namespaces, controllers and the volumes that they make."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.model.inventory._pcie import PcieLink


@dataclass(frozen=True, slots=True)
class DiskHealth:
    """What a disk says of itself (SMART of ATA, SCSI or NVMe, or Redfish). wear: per cent of its rated life used.

    status: "ok", "failing" or "" when not stated; defects: reallocated sectors, grown defects or media errors.
    """

    status: str = ""
    wear: float | None = None
    hours: int | None = None
    defects: int | None = None
    pending: int | None = None
    link_errors: int | None = None
    spare: float | None = None
    celsius: float | None = None
    written: int | None = None


@dataclass(frozen=True, slots=True)
class Namespace:
    """An NVMe namespace: size and logical block in bytes; formats: the logical block sizes it can be formatted to."""

    id: int
    size: int | None = None
    logical_block: int | None = None
    formats: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of a RAID controller. level: "raid1"…; members: serials or slots of its disks."""

    name: str
    level: str = ""
    size: int | None = None
    members: tuple[str, ...] = ()
    controller: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class Controller:
    """A storage controller (HBA, RAID, NVMe is a disk of its own). mode: "hba", "raid" or ""."""

    name: str
    model: str = ""
    vendor: str = ""
    firmware: str = ""
    serial: str = ""
    pci: str = ""
    driver: str = ""
    mode: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk. kind: "nvme", "ssd", "hdd", "volume" (a RAID controller made it of several or one) or "unknown".

    by_path: stable name by where it is plugged in.
    """

    name: str
    kind: str
    size: int | None = None
    rotational: bool | None = None
    serial: str = ""
    wwn: str = ""
    model: str = ""
    firmware: str = ""
    by_path: str = ""
    by_id: str = ""
    transport: str = ""
    slot: str = ""
    logical_block: int | None = None
    removable: bool = False
    link: PcieLink | None = None
    health: DiskHealth | None = None
    controller: str = ""
    enclosure: str = ""
    pci: str = ""
    numa_node: int | None = None
    namespaces: tuple[Namespace, ...] = ()
    firmware_slots: tuple[str, ...] = ()
    power_loss_protection: bool | None = None
    endurance_dwpd: float | None = None

    @property
    def label(self) -> str:
        """How a person finds it: kind, serial, slot or path, and the kernel name of this boot last."""
        where = self.slot or self.by_path
        return " ".join(p for p in (self.kind, f"serial {self.serial or '?'}", where, f"({self.name})") if p)
