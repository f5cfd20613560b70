"""Faults of the last power supply, as the old schema (Power) and the new one (PowerSupply) tell of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from metalctl.lab.faults.hardware import Hardware, Resource, ill, is_well
from metalctl.lab.spec import Node

# What a bay is, whether or not a supply is in it.
_OF_THE_BAY = ("@odata.id", "@odata.type", "Id", "MemberId", "Name")
_NOTHING = ("LineInputVoltage", "LastPowerOutputWatts", "PowerInputWatts", "PowerOutputWatts")


class OneSupply(Hardware):
    """A fault of the last power supply that is in order: two faults are two supplies."""

    def change(self, into: Callable[[Resource], Resource]) -> str:
        """Both views of it become `into(view)`; gives its name."""
        name = ""
        for path, power in self.parts("Power", lambda one: bool(_fitted(one))).items():
            at = _fitted(power)[-1]
            every = list(power["PowerSupplies"])
            name = str(every[at].get("Name", ""))
            every[at] = into(every[at])
            self.bmc.update(path, PowerSupplies=every)
            break
        # Some captures list what Power holds inside as resources, too: those are PowerSupply by type.
        for path, supply in list(self.parts("PowerSupply", is_well).items())[-1:]:
            name = name or str(supply.get("Name", ""))
            self.bmc.put(path, into(supply))
        if not name:
            raise self.refusal("there is no power supply in order")
        return name


class PsuFailed(OneSupply, name="psu-failed"):
    """A power supply gives no power: it has failed, or its cord is not plugged in."""

    def damage(self) -> None:
        name = self.change(_dead)
        self.report(f"{name} has failed: power redundancy is lost.")


class PsuMissing(OneSupply, name="psu-missing", rack=("psu-missing",)):
    """A power supply's bay is empty."""

    def damage(self) -> None:
        name = self.change(_bare)
        software = self.parts("SoftwareInventory", lambda one: one.get("Name") == name)
        for path in software:
            for listing in self.parts("SoftwareInventoryCollection"):
                if path in self.bmc.members(listing):
                    self.bmc.leave(listing, path)
        self.report(f"{name} is not there: power redundancy is lost.")

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        return replace(node, supplies=max(0, node.supplies - 1))


def _fitted(power: Resource) -> list[int]:
    listed = power.get("PowerSupplies")
    supplies = listed if isinstance(listed, list) else []
    return [n for n, one in enumerate(supplies) if isinstance(one, dict) and "MemberId" in one and is_well(one)]


def _dead(supply: Resource) -> Resource:
    status = ill(supply, State="UnavailableOffline")
    return {**supply, **{key: 0 for key in _NOTHING if key in supply}, "Status": status}


def _bare(supply: Resource) -> Resource:
    return {**{key: supply[key] for key in _OF_THE_BAY if key in supply}, "Status": {"State": "Absent"}}
