"""AMD-V or VT-x is off in firmware setup; out-of-band only the BIOS attribute tells (a profile's `settings`)."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware

_NAMES = ("SvmMode", "VtForX", "ProcVirtualization", "ProcAmdVirtualization", "IntelVirtualizationTechnology")


class Broken(Hardware):
    """Setting it again and booting mends it."""

    def damage(self) -> None:
        """The attribute."""
        self.setting(_NAMES, "Disabled")
