"""A drive has another firmware than its like: an hdd by default, or ssd, nvme."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive


class Broken(OneDrive):
    """The parameter is the kind."""

    def damage(self) -> None:
        """Its revision."""
        self.swap(Revision="0001")
