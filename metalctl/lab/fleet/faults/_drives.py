"""Drives of one kind, and how one of them becomes another or goes."""

from __future__ import annotations

from typing import Any

from metalctl.lab.fleet.faults._hardware import Hardware, Resource


def kind_of(drive: Resource) -> str:
    """ "nvme", "ssd" or "hdd"; "" when not stated."""
    if drive.get("Protocol") in ("NVMe", "PCIe"):
        return "nvme"
    return {"SSD": "ssd", "HDD": "hdd"}.get(str(drive.get("MediaType")), "")


class OneDrive(Hardware):
    """The parameter is the kind: hdd, ssd or nvme."""

    default = "hdd"

    def drive(self) -> tuple[str, Resource]:
        """The last drive of the kind."""
        return self.pick(f"{self.parameter} drive", "Drive", lambda one: kind_of(one) == self.parameter)

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


def place(drive: Resource) -> str:
    """Where it is plugged in, as a person finds it."""
    located = drive.get("PhysicalLocation")
    part = located.get("PartLocation") if isinstance(located, dict) else None
    label = part.get("ServiceLabel") if isinstance(part, dict) else None
    return str(label or drive.get("Name") or drive.get("Id") or "a bay")
