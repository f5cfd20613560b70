"""ECC is off on every memory module."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware


class Broken(Hardware):
    """Modules without check bits, or ECC switched off in firmware setup: the BMC tells both alike."""

    def damage(self) -> None:
        """Every module that holds memory."""
        modules = self.parts("Memory", lambda one: bool(one.get("CapacityMiB")))
        if not modules:
            raise self.refusal("there is no memory module")
        for path in modules:
            self.bmc.update(path, ErrorCorrection="NoECC")
