"""What a simulated machine is, whether or not it is on: its BMC, its disks and what is on them, its way out."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.fleet.machines import http
from metalctl.lab.fleet.machines.inventory import disks
from metalctl.lab.fleet.machines.settings import MachineSettings


@dataclass(slots=True)
class SimDisk:
    """run: the id of the installation that is whole on it, "" for none; installs: how often one was begun."""

    serial: str
    size: int
    name: str
    installs: int = 0
    run: str = ""
    seed: dict[str, str] = field(default_factory=dict)
    authorized: bytes = b""


class Body:
    """counts: of the fleet. nudged: what a run waits for ends."""

    def __init__(self, bmc: Bmc, address: str, settings: MachineSettings, counts: Counter[str]) -> None:
        self.bmc, self.address, self.settings, self.counts = bmc, address, settings, counts
        self.disks = [SimDisk(d.serial, d.size or 0, d.name) for d in disks(bmc)]
        self.nudged = asyncio.Event()
        self._random = random.Random(bmc.index)  # noqa: S311 - how long things take

    def spread(self, seconds: float) -> float:
        share = self.settings.jitter
        return seconds * self._random.uniform(1 - share, 1 + share)

    async def post(self, url: str, body: bytes) -> bool:
        """A JSON report to the boot service; whether it was taken."""
        try:
            status, _ = await http.ask(url, self.address, body)
        except (OSError, TimeoutError, ValueError, IndexError):
            self.counts["calls unanswered"] += 1
            return False
        self.counts["calls"] += 1
        self.counts["calls refused"] += status // 100 != 2
        return status // 100 == 2
