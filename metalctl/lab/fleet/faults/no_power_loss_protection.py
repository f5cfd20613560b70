"""An NVMe drive is one for desktops, without power-loss protection."""

from __future__ import annotations

from metalctl.lab.fleet.faults._drives import OneDrive


class Broken(OneDrive):
    """The parameter is the kind. No drive states its protection: its model tells, once a profile's `drives` know it."""

    default = "nvme"

    def damage(self) -> None:
        """An Optane 905P: it endures 10 drive writes a day, so that nothing but the protection is amiss."""
        self.swap(Manufacturer="Intel", Model="INTEL SSDPED1D960GAY", CapacityBytes=960_197_124_096)
