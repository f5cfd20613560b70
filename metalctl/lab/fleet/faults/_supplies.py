"""The last power supply, as the old schema (Power) and the new one (PowerSupply) tell of it."""

from __future__ import annotations

from collections.abc import Callable

from metalctl.lab.fleet.faults._hardware import Hardware, Resource, is_well


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


def _fitted(power: Resource) -> list[int]:
    listed = power.get("PowerSupplies")
    supplies = listed if isinstance(listed, list) else []
    return [n for n, one in enumerate(supplies) if isinstance(one, dict) and "MemberId" in one and is_well(one)]
