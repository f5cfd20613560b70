"""The TPM is hidden in firmware setup, or none is fitted."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware


class Broken(Hardware):
    """The list of trusted modules is there, and empty."""

    def damage(self) -> None:
        """The list."""
        path, system = self.system()
        if not system.get("TrustedModules"):
            raise self.refusal("there is no TPM")
        self.bmc.update(path, TrustedModules=[])
