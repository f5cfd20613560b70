"""Faults of memory modules, and what the system sums up of them."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults.base import Fault, needs
from metalctl.lab.faults.hardware import Hardware, Resource, ill
from metalctl.lab.spec import MIB, Node

_GIB = 1024
# What a slot is, whether or not a module is in it.
_OF_THE_SLOT = ("@odata.id", "@odata.type", "Id", "Name", "DeviceLocator", "MemoryLocation", "Links")


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


class ChannelEmpty(OneModule, name="channel-empty", rack=("channel-empty",)):
    """One memory slot is empty, so its channel has no module (or one less than the others).

    The BMC reports nothing, the slot is just absent. On the rack the memory is smaller by it.
    """

    def damage(self) -> None:
        path, module = self.module()
        bare: Resource = {name: module[name] for name in _OF_THE_SLOT if name in module}
        self.lose(module)
        self.bmc.put(path, {**bare, "CapacityMiB": None, "Status": {"State": "Absent"}})

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        slot = _last_module(node, fault)
        left = (*node.dimms[:slot], 0, *node.dimms[slot + 1 :])
        return replace(node, memory=node.memory - node.dimms[slot], dimms=left)


class MappedOutDimm(OneModule, name="mapped-out-dimm", rack=("mapped-out-dimm",)):
    """A module failed its training: it is still listed with its size, and the firmware does not use it.

    The total that the system states is less than its modules' sum. On the rack the kernel does not see it.
    """

    def damage(self) -> None:
        path, module = self.module()
        self.bmc.update(path, Status=ill(module, State="Disabled"))
        self.lose(module)
        status = self.system()[1].get("MemorySummary", {}).get("Status")
        if isinstance(status, dict):
            self.summarize("MemorySummary", Status={**status, "Health": "Critical"})
        slot = module.get("DeviceLocator") or module.get("Name") or module.get("Id")
        self.report(f"DIMM {slot} has been mapped out: memory training failed.")

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        return replace(node, memory=node.memory - node.dimms[_last_module(node, fault)])


class EccOff(Hardware, name="ecc-off", rack=("ecc-off",)):
    """ECC is off on every memory module.

    Modules without check bits, or ECC switched off in firmware setup: the BMC tells both alike.
    """

    def damage(self) -> None:
        modules = self.parts("Memory", lambda one: bool(one.get("CapacityMiB")))
        if not modules:
            raise self.refusal("there is no memory module")
        for path in modules:
            self.bmc.update(path, ErrorCorrection="NoECC")

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        _last_module(node, fault)
        return replace(node, ecc=False)


class LowMemory(Fault, rack=("low-memory",)):
    """A fifth of the memory was never fitted: every module is smaller than what was ordered."""

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        """Whole 128 MiB less, and off each declared module its share."""
        memory = node.memory * 4 // 5 // (128 * MIB) * 128 * MIB
        return replace(node, memory=memory, dimms=(memory // len(node.dimms),) * len(node.dimms) if node.dimms else ())


def _last_module(node: Node, fault: str) -> int:
    """The last slot that holds a module. Raises `RackFileError` where the node declares none to break."""
    fitted = [slot for slot, size in enumerate(node.dimms) if size]
    needs(node, fault, bool(fitted), "no dimms", "dimms: 4")
    return fitted[-1]
