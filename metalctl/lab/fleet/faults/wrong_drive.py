"""A drive of another size (2 TB) is in a bay: hdd by default, or ssd, nvme."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive

_SIZE = 2_000_398_934_016
_MODELS = {"hdd": "ST2000NM003A", "ssd": "SAMSUNG MZ7L31T9HBLT-00A07", "nvme": "SAMSUNG MZQL21T9HCJR-00A07"}


class Broken(OneDrive):
    """Another drive is another model, too."""

    def damage(self) -> None:
        """Size and model."""
        self.swap(CapacityBytes=_SIZE, Model=_MODELS.get(self.parameter, ""))
