"""One memory slot is empty, so its channel has no module (or one less than the others)."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Resource
from metalctl.lab.fleet.faults._modules import OneModule

# What a slot is, whether or not a module is in it.
_OF_THE_SLOT = ("@odata.id", "@odata.type", "Id", "Name", "DeviceLocator", "MemoryLocation", "Links")


class Broken(OneModule):
    """Nobody put it in: the BMC reports nothing, the slot is just absent."""

    def damage(self) -> None:
        """An empty slot."""
        path, module = self.module()
        bare: Resource = {name: module[name] for name in _OF_THE_SLOT if name in module}
        self.lose(module)
        self.bmc.put(path, {**bare, "CapacityMiB": None, "Status": {"State": "Absent"}})
