"""The fastest network card has an old firmware (default 14.20.1010)."""

from __future__ import annotations

from metalctl.lab.fleet.faults._adapters import OneAdapter


class Broken(OneAdapter):
    """The parameter is the version."""

    default = "14.20.1010"

    def damage(self) -> None:
        """In the adapter, in the PCIe device of that model, and in the firmware list."""
        path, adapter = self.adapter()
        controllers = [{**one, "FirmwarePackageVersion": self.parameter} for one in adapter["Controllers"]]
        self.bmc.update(path, Controllers=controllers)
        model = adapter.get("Model")
        for device in self.parts("PCIeDevice", lambda one: bool(model) and one.get("Model") == model):
            self.bmc.update(device, FirmwareVersion=self.parameter)
        self.flash(str(adapter.get("Id")), self.parameter)
