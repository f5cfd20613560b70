"""The machine boots in legacy (BIOS) mode instead of UEFI."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware


class Broken(Hardware):
    """The setting, and the mode that the system tells."""

    def damage(self) -> None:
        """Boot mode, in both places."""
        path, system = self.system()
        boot = system.get("Boot")
        if not isinstance(boot, dict) or "BootSourceOverrideMode" not in boot:
            raise self.refusal("the system does not tell its boot mode")
        self.bmc.update(path, Boot={**boot, "BootSourceOverrideMode": "Legacy"})
        self.setting(("BootMode",), "Bios", needed=False)
