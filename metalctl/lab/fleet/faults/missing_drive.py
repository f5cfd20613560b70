"""A bay is empty: one drive less, an hdd by default, or ssd, nvme."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive, place


class Broken(OneDrive):
    """The parameter is the kind."""

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
        self.report(f"The drive of {place(drive)} is not there.", "Warning")


def _leads(link: object, path: str) -> bool:
    return isinstance(link, dict) and str(link.get("@odata.id", "")).rstrip("/") == path
