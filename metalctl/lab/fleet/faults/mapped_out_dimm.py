"""A module failed its training: it is still listed with its size, and the firmware does not use it."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import ill
from metalctl.lab.fleet.faults._modules import OneModule, slot


class Broken(OneModule):
    """The total that the system states is less than its modules' sum."""

    def damage(self) -> None:
        """The summary without it, and its state."""
        path, module = self.module()
        self.bmc.update(path, Status=ill(module, State="Disabled"))
        self.lose(module)
        status = self.system()[1].get("MemorySummary", {}).get("Status")
        if isinstance(status, dict):
            self.summarize("MemorySummary", Status={**status, "Health": "Critical"})
        self.report(f"DIMM {slot(module)} has been mapped out: memory training failed.")
