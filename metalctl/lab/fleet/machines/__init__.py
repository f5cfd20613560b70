"""Simulated machines behind the simulated BMCs: power-on, boot script, phone-home, an SSH end that plays a runner.

    machines = Machines(fleet, MachineSettings("http://127.0.0.1:8080"))      # 127.78.0.1 and those after it

Everything that the outside of metalctl does in an enrollment, a thousand times in one process. What is real: tokens,
boot ids, keys, journals, signed news, what is on which disk and how often it was installed. What is not: the ramdisk
and image are not fetched, checks measure nothing (their results are made up, all PASS), bonds come up at once.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from metalctl.lab.fleet.machines.machine import Machine
from metalctl.lab.fleet.machines.settings import MachineSettings
from metalctl.lab.fleet.server import Fleet

__all__ = ["Machine", "MachineSettings", "Machines"]


class Machines:
    """One a BMC of the fleet, from the moment that it is made."""

    def __init__(self, fleet: Fleet, settings: MachineSettings) -> None:
        self.counts: Counter[str] = Counter()
        addresses = settings.addresses(len(fleet.bmcs))
        self.all = [Machine(b, a, settings, self.counts) for b, a in zip(fleet.bmcs, addresses, strict=True)]
        for machine in self.all:
            machine.bmc.machine = machine
        fleet.statistics.machines = self.to_json

    def to_json(self) -> dict[str, Any]:
        """For programs: counts, how many are in each state, and installations begun a disk that had any."""
        installs = {disk.serial: disk.installs for m in self.all for disk in m.disks if disk.installs}
        states = Counter(machine.state for machine in self.all)
        return {"counts": dict(self.counts), "states": dict(states), "installs": installs}

    def close(self) -> None:
        for machine in self.all:
            machine.power_off()
