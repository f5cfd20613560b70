"""Disks, NVMe namespaces, controllers and the volumes that they make."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.model.inventory._pcie import PcieLink


@dataclass(frozen=True, slots=True)
class DiskHealth:
    """What a disk says of itself (SMART of ATA, SCSI or NVMe, or Redfish). wear: per cent of its rated life used.

    status: "ok", "warning", "failing" or "" when not stated. faults: what it says is wrong, in words; with one of them
    it is not "ok". doubts: what it states and nobody can read for sure, such as several counters packed in one number.
    defects: reallocated sectors, retired blocks, grown defects or media errors; pending: sectors that wait for that;
    offline: those that its own scan could not read; uncorrected: errors given up and reported; timeouts: commands that
    it did not answer in time; predicted: how often the RAID controller heard it predict its failure. Shown, not judged:
    link_errors (the cable), non_medium, other (errors that a RAID controller counts beside those of the medium).
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
    uncorrected: int | None = None
    timeouts: int | None = None
    offline: int | None = None
    predicted: int | None = None
    non_medium: int | None = None
    other: int | None = None
    faults: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


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
    """A storage controller (HBA, RAID, NVMe is a disk of its own). mode: "hba", "raid" or "".

    health: "ok", "warning", "critical" or "". faults: what is wrong with it, its battery or its cache module, in words.
    """

    name: str
    model: str = ""
    vendor: str = ""
    firmware: str = ""
    serial: str = ""
    pci: str = ""
    driver: str = ""
    mode: str = ""
    health: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk. kind: "nvme", "ssd", "hdd", "volume" (a RAID controller made it of several or one) or "unknown".

    by_path: stable name by where it is plugged in. paths: the other kernel names of the same disk, where it is reached
    by more than one path. unit: its own name among the logical units or namespaces of one drive, which share the
    drive's serial; "" for a drive that is one disk.
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
    paths: tuple[str, ...] = ()
    unit: str = ""

    @property
    def key(self) -> str:
        """What it is known by, whatever the kernel calls it: its serial, and its unit where the drive has several."""
        return f"{self.serial}/{self.unit}" if self.serial and self.unit else self.serial

    @property
    def label(self) -> str:
        """How a person finds it: kind, serial, slot or path, and the kernel names of this boot last."""
        where, names = self.slot or self.by_path, ", ".join((self.name, *self.paths))
        return " ".join(p for p in (self.kind, f"serial {self.key or '?'}", where, f"({names})") if p)
