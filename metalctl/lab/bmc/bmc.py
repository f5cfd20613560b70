"""One simulated BMC: its resources, and what happens to them: logins, tasks, power, faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from metalctl.lab.bmc.auth import Auth
from metalctl.lab.bmc.library import Library
from metalctl.lab.bmc.message import Request, Response
from metalctl.lab.bmc.settings import FleetSettings
from metalctl.lab.bmc.state import Later, State
from metalctl.lab.bmc.statistics import Statistics
from metalctl.lab.bmc.tasks import Tasks


class Plugged(Protocol):
    """What the BMC switches. target: of the boot override, "None" without one."""

    def power_on(self, target: str) -> None: ...

    def power_off(self) -> None: ...

    def nudge(self) -> None: ...


class Disturbance(Protocol):
    """A fault of `metalctl.lab.faults`: it sees each request before the BMC does, and each answer before it goes."""

    name: str

    def before(self, request: Request) -> Response | None: ...

    def after(self, request: Request, answer: Response) -> Response: ...


class Bmc(State):
    """State of one BMC. restart: set by the server, goes away a while.

    pending: settings that wait for the next boot, path of the resource → properties. machine: None where only the BMC
    is simulated.
    """

    def __init__(
        self, index: int, address: str, library: Library, settings: FleetSettings, statistics: Statistics, later: Later
    ) -> None:
        super().__init__(index, address, library, settings, statistics, later)
        self.faults: tuple[Disturbance, ...] = ()
        self.in_flight = 0
        self.tasks = Tasks(self)
        self.pending: dict[str, dict[str, Any]] = {}
        self.power_epoch: Counter[str] = Counter()
        self.restart: Callable[[], None] = lambda: None
        self.machine: Plugged | None = None
        self.auth = Auth(self)
