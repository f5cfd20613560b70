"""An NVMe drive is a read-intensive one (1 drive write a day) where the others endure 3."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive


class Broken(OneDrive):
    """The parameter is the kind. No drive states its endurance: its model tells."""

    default = "nvme"

    def damage(self) -> None:
        """The P5510 in place of the P5620: the same family, with power-loss protection as well."""
        self.swap(Manufacturer="Intel", Model="INTEL SSDPF2KX019T1", CapacityBytes=1_920_383_410_176)
