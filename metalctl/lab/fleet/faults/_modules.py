"""Memory modules, and what the system sums up of them."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Hardware, Resource

_GIB = 1024


class OneModule(Hardware):
    """A fault of the last module."""

    def module(self) -> tuple[str, Resource]:
        """The last slot that holds a module."""
        return self.pick("memory module", "Memory", lambda one: bool(one.get("CapacityMiB")))

    def lose(self, module: Resource) -> None:
        """The system counts that much memory less."""
        before = self.system()[1].get("MemorySummary", {}).get("TotalSystemMemoryGiB")
        if isinstance(before, (int, float)):
            less = before - module["CapacityMiB"] / _GIB
            self.summarize("MemorySummary", TotalSystemMemoryGiB=int(less) if less == int(less) else less)


def slot(module: Resource) -> str:
    """The slot as it is printed on the board."""
    return str(module.get("DeviceLocator") or module.get("Name") or module.get("Id"))
