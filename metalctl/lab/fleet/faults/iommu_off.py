"""The IOMMU (AMD-Vi, VT-d) is off in firmware setup; out-of-band only the BIOS attribute tells (`settings`)."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware

_NAMES = ("Iommu", "VtForDirectIo", "IommuSupport", "ProcAmdIommu", "ProcAMDIOMMU")


class Broken(Hardware):
    """Setting it again and booting mends it."""

    def damage(self) -> None:
        """The attribute."""
        self.setting(_NAMES, "Disabled")
