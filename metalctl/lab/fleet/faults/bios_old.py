"""The BIOS is an old one (default 0.9.1)."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware


class Broken(Hardware):
    """The parameter is the version."""

    default = "0.9.1"

    def damage(self) -> None:
        """In the system and in the firmware list."""
        path, system = self.system()
        before = system.get("BiosVersion")
        if not before:
            raise self.refusal("the system does not tell its BIOS version")
        self.bmc.update(path, BiosVersion=self.parameter)
        listed = self.parts(
            "SoftwareInventory", lambda one: one.get("Version") == before and "BIOS" in str(one.get("Name"))
        )
        for one in listed:
            self.bmc.update(one, Version=self.parameter)
