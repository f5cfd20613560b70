"""Faults of drives: one of a kind becomes another, fails or goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from metalctl.lab.faults.base import Fault, needs
from metalctl.lab.faults.hardware import Hardware, Resource, ill
from metalctl.lab.spec import Node

_SIZE = 2_000_398_934_016
_MODELS = {"hdd": "ST2000NM003A", "ssd": "SAMSUNG MZ7L31T9HBLT-00A07", "nvme": "SAMSUNG MZQL21T9HCJR-00A07"}
_DECLARE = {
    "hdd": "{kind: hdd, size: 2 GiB, count: 3}",
    "nvme": "{kind: nvme, size: 2 GiB}",
    "ssd": "{kind: ssd, size: 8 GiB}",
}


class OneDrive(Hardware):
    """The parameter is the kind: hdd, ssd or nvme."""

    default = "hdd"

    def drive(self) -> tuple[str, Resource]:
        """The last drive of the kind."""
        return self.pick(f"{self.parameter} drive", "Drive", lambda one: _kind_of(one) == self.parameter)

    def device(self, drive: Resource) -> str:
        """Path of the PCIe device that the drive is, "" where it leads to none."""
        links = drive.get("Links")
        functions = links.get("PCIeFunctions") if isinstance(links, dict) else None
        first = functions[0] if isinstance(functions, list) and functions else {}
        device, found, _ = str(first.get("@odata.id", "")).partition("/PCIeFunctions/")
        return self.bmc.library.canonical(device) if found else ""

    def swap(self, **other: Any) -> None:
        """Another drive is in its bay: what is not named stays as it is."""
        path, drive = self.drive()
        self.bmc.put(path, {**drive, **other})


class MissingDrive(OneDrive, name="missing-drive", rack=("missing-hdd", "missing-nvme")):
    """A bay is empty: one drive less, an hdd by default, or ssd, nvme."""

    def damage(self) -> None:
        """The drive, and every list that names it."""
        path, drive = self.drive()
        for unit, storage in self.parts("Storage", lambda one: isinstance(one.get("Drives"), list)).items():
            kept = [link for link in storage["Drives"] if not _leads(link, path)]
            if len(kept) < len(storage["Drives"]):
                count = {"Drives@odata.count": len(kept)} if "Drives@odata.count" in storage else {}
                self.bmc.update(unit, Drives=kept, **count)
        for chassis in self.parts("DriveCollection"):
            if path in self.bmc.members(chassis):
                self.bmc.leave(chassis, path)
        for devices in self.parts("PCIeDeviceCollection"):
            if (device := self.device(drive)) in self.bmc.members(devices):
                self.bmc.leave(devices, device)
        self.bmc.remove(path)
        self.report(f"The drive of {_place(drive)} is not there.", "Warning")

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        """The last drive of the kind that the name ends in is dead, or was never seated."""
        at = _of_kind(node, fault, fault.removeprefix("missing-"))[-1]
        return replace(node, disks=(*node.disks[:at], *node.disks[at + 1 :]))


class SmallDisk(Fault, rack=("small-disk",)):
    """The first SSD is half the size declared, as when the wrong drive was put in."""

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        at = _of_kind(node, fault, "ssd")[0]
        small = replace(node.disks[at], size=node.disks[at].size // 2)
        return replace(node, disks=(*node.disks[:at], small, *node.disks[at + 1 :]))


class WrongDrive(OneDrive, name="wrong-drive"):
    """A drive of another size (2 TB) is in a bay: hdd by default, or ssd, nvme."""

    def damage(self) -> None:
        """Another drive is another model, too."""
        self.swap(CapacityBytes=_SIZE, Model=_MODELS.get(self.parameter, ""))


class FailingDrive(OneDrive, name="failing-drive"):
    """A drive predicts its own failure: an hdd by default, or ssd, nvme."""

    def damage(self) -> None:
        """It still works: SMART has crossed a threshold."""
        path, drive = self.drive()
        self.bmc.update(path, FailurePredicted=True, Status=ill(drive, "Warning"))
        self.report(f"The drive of {_place(drive)} predicts its failure.", "Warning")


class MixedDriveFirmware(OneDrive, name="mixed-drive-firmware"):
    """A drive has another firmware than its like: an hdd by default, or ssd, nvme."""

    def damage(self) -> None:
        self.swap(Revision="0001")


class NarrowLink(OneDrive, name="narrow-link"):
    """An NVMe drive runs on half of its PCIe lanes: badly seated, or a pin of its connector is bent."""

    default = "nvme"

    def damage(self) -> None:
        """The lanes in use, where the drive leads to a device that states them."""
        path = self.device(self.drive()[1])
        interface = (self.bmc.resource(path) or {}).get("PCIeInterface") if path else None
        lanes = interface.get("MaxLanes") if isinstance(interface, dict) else None
        if not isinstance(interface, dict) or not isinstance(lanes, int) or lanes < 2:
            raise self.refusal("no PCIe device of the drive states its lanes")
        self.bmc.update(path, PCIeInterface={**interface, "LanesInUse": lanes // 2})


class NoPowerLossProtection(OneDrive, name="no-power-loss-protection"):
    """An NVMe drive is one for desktops, without power-loss protection."""

    default = "nvme"

    def damage(self) -> None:
        """No drive states its protection: its model tells, once a profile's `drives` know it.

        An Optane 905P: it endures 10 drive writes a day, so that nothing but the protection is amiss.
        """
        self.swap(Manufacturer="Intel", Model="INTEL SSDPED1D960GAY", CapacityBytes=960_197_124_096)


class WrongEndurance(OneDrive, name="wrong-endurance"):
    """An NVMe drive is a read-intensive one (1 drive write a day) where the others endure 3."""

    default = "nvme"

    def damage(self) -> None:
        """The P5510 in place of the P5620: the same family, with power-loss protection as well."""
        self.swap(Manufacturer="Intel", Model="INTEL SSDPF2KX019T1", CapacityBytes=1_920_383_410_176)


def _of_kind(node: Node, fault: str, kind: str) -> list[int]:
    """Which of the declared disks are of the kind. Raises `RackFileError` where none is."""
    found = [number for number, disk in enumerate(node.disks) if disk.kind == kind]
    needs(node, fault, bool(found), f"no {kind}", _DECLARE[kind])
    return found


def _kind_of(drive: Resource) -> str:
    """ "nvme", "ssd" or "hdd"; "" when not stated."""
    if drive.get("Protocol") in ("NVMe", "PCIe"):
        return "nvme"
    return {"SSD": "ssd", "HDD": "hdd"}.get(str(drive.get("MediaType")), "")


def _place(drive: Resource) -> str:
    """Where it is plugged in, as a person finds it."""
    located = drive.get("PhysicalLocation")
    part = located.get("PartLocation") if isinstance(located, dict) else None
    label = part.get("ServiceLabel") if isinstance(part, dict) else None
    return str(label or drive.get("Name") or drive.get("Id") or "a bay")


def _leads(link: object, path: str) -> bool:
    return isinstance(link, dict) and str(link.get("@odata.id", "")).rstrip("/") == path
