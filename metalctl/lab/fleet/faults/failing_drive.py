"""A drive predicts its own failure: an hdd by default, or ssd, nvme."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive, place
from metalctl.lab.fleet.faults._hardware import ill


class Broken(OneDrive):
    """The parameter is the kind. It still works: SMART has crossed a threshold."""

    def damage(self) -> None:
        """Prediction, health and the log."""
        path, drive = self.drive()
        self.bmc.update(path, FailurePredicted=True, Status=ill(drive, "Warning"))
        self.report(f"The drive of {place(drive)} predicts its failure.", "Warning")
