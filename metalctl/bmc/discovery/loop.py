"""The scan itself: one loop over one UDP socket a family, a bounded number of connects, and a helper thread.

Memory is bounded by what is under way, whatever the size of the network.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from metalctl.bmc.discovery import service
from metalctl.bmc.discovery.helper import Helper
from metalctl.bmc.discovery.neighbours import Neighbours
from metalctl.bmc.discovery.pace import Pace
from metalctl.bmc.discovery.places import Place
from metalctl.bmc.discovery.tcp import Knock, Knocker
from metalctl.bmc.discovery.udp import Sweep
from metalctl.bmc.endpoint import DEFAULT_PORTS, Endpoint
from metalctl.bmc.errors import Unreachable
from metalctl.bmc.ipmi.ping import resolve
from metalctl.bmc.protocol import Probe

TOLD_EVERY = 0.1  # seconds between two reports of progress
_BATCH = 64
_IDLE = 0.05


@dataclass(frozen=True, slots=True)
class Wish:
    """How to scan. rate: packets a second, 0 is unpaced; timeout: seconds; ports: of Redfish; protocols: which.

    authorities: PEM file of the CAs that are asked to vouch for certificates, None for nobody.
    """

    rate: float
    timeout: float
    ports: tuple[int, ...]
    ipmi_port: int
    protocols: tuple[str, ...]
    authorities: Path | None = None


class Loop:
    """A scan that is under way. `run` yields what is found; `close` lets go of everything."""

    def __init__(
        self,
        targets: Iterator[Endpoint | str],
        wish: Wish,
        told: Callable[[int, int], None],
        few: bool = False,
        *,
        excludes: Callable[[str], bool] = lambda address: False,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._excludes = excludes
        self._warn = warn
        self._few = few
        self._targets = targets
        self._wish = wish
        self._told = told
        self._selector = selectors.DefaultSelector()
        self._pace = Pace(wish.rate)
        self._knocker = Knocker(self._selector, wish.timeout)
        self._sweeps: dict[socket.AddressFamily, Sweep] = {}
        self._helper = Helper()
        self._selector.register(self._helper, selectors.EVENT_READ, self._helper)
        self._neighbours = Neighbours()
        self._later: deque[tuple[Place, socket.AddressFamily, str]] = deque()
        self._found: deque[Probe] = deque()
        self._open = self._done = self._count = 0
        self._more = True

    def run(self) -> Iterator[Probe]:
        """Every machine that answers, as it answers."""
        last = time.monotonic()
        while self._more or self._open:
            self._begin()
            self._turn()
            while self._found:
                yield self._found.popleft()
            if (now := time.monotonic()) - last > TOLD_EVERY:
                last = now
                self._told(self._done, self._count)
        self._told(self._done, self._count)

    def close(self) -> None:
        """Ends whatever is still running."""
        self._helper.close()
        self._knocker.close()
        for sweep in self._sweeps.values():
            sweep.close()
        self._selector.close()

    def _begin(self) -> None:
        """Starts new places, as many as pace and room permit."""
        for _ in range(_BATCH):
            if self._pace.left() < 1 or self._full():
                return
            if self._later:
                self._knock(*self._later.popleft())
            elif (target := next(self._targets, None)) is not None:
                self._enter(target)
            else:
                self._more = False
                return

    def _full(self) -> bool:
        return self._knocker.full or any(sweep.full for sweep in self._sweeps.values())

    def _enter(self, target: Endpoint | str) -> None:
        place = self._place(target)
        if place is None:
            self._done += 1
            return
        self._open += 1
        if ":" in place.name:
            self._knock(place, socket.AF_INET6, place.name)
        elif place.name.rpartition(".")[2].isdigit():  # no name ends so: parse_endpoint sees to it
            self._knock(place, socket.AF_INET, place.name)
        else:
            self._helper.start(_resolved(place.name), lambda at: self._named(place, at))

    def _named(self, place: Place, at: tuple[socket.AddressFamily, str] | None) -> None:
        if at and not self._excludes(at[1]):
            self._later.append((place, *at))
            return
        if not at:
            self._warn(f"{place.name} was not asked: the name has no address")
        self._over(place)

    def _place(self, target: Endpoint | str) -> Place | None:
        """What to ask of a target, with the questions it then waits for."""
        wish = self._wish
        if isinstance(target, Endpoint):
            if target.protocol not in wish.protocols:
                return None
            ipmi = target.protocol == "ipmi"
            return Place(() if ipmi else (target,), target if ipmi else None, 1)
        tcp: tuple[Endpoint, ...] = ()
        if "redfish" in wish.protocols:
            tcp = tuple(Endpoint(target, port=None if p == DEFAULT_PORTS["redfish"] else p) for p in wish.ports)
        port = None if wish.ipmi_port == DEFAULT_PORTS["ipmi"] else wish.ipmi_port
        udp = Endpoint(target, "ipmi", port) if "ipmi" in wish.protocols else None
        return Place(tcp, udp, len(tcp) + (udp is not None)) if tcp or udp else None

    def _knock(self, place: Place, family: socket.AddressFamily, address: str) -> None:
        """Asks a place all that was not asked yet; puts it back when there is no room."""
        now = time.monotonic()
        udp, place_udp = place.udp, self._sweep(family) if place.udp else None
        if udp and place_udp and not place.asked:
            place.asked = True
            self._pace.spend(1)
            if not place_udp.ask(place, address, udp.effective_port, now):
                self._answered(place, None)
        while place.knocked < len(place.tcp):
            endpoint = place.tcp[place.knocked]
            try:
                is_open = self._knocker.knock(place, endpoint, family, address, now)
            except BlockingIOError:
                self._later.append((place, family, address))
                return
            place.knocked += 1
            self._pace.spend(1)
            if is_open is not None:
                self._knocked(place, endpoint, is_open)

    def _sweep(self, family: socket.AddressFamily) -> Sweep:
        if family not in self._sweeps:
            sweep = self._sweeps[family] = Sweep(family, self._wish.timeout, self._few)
            self._selector.register(sweep, selectors.EVENT_READ, sweep)
        return self._sweeps[family]

    def _turn(self) -> None:
        """Waits for what comes next, and takes it in."""
        for key, _ in self._selector.select(self._wait()):
            match key.data:
                case Sweep() as sweep:
                    self._pace.spend(sweep.receive(time.monotonic()))
                case Knock() as knock:
                    self._knocked(knock.place, knock.endpoint, self._knocker.ready(knock))
                case _:
                    self._helper.finished()
        now = time.monotonic()
        for sweep in self._sweeps.values():
            for what in sweep.due(now):
                if isinstance(what, int):
                    self._pace.spend(what)
                else:
                    self._answered(*what)
        for knock in self._knocker.due(now):
            self._knocked(knock.place, knock.endpoint, is_open=False)

    def _wait(self) -> float:
        now = time.monotonic()
        if not (self._more or self._open):
            return 0.0
        due = min((self._knocker.next_due(), *(sweep.next_due() for sweep in self._sweeps.values()))) - now
        if (self._more or self._later) and not self._full():
            due = min(due, self._pace.wait())
        return max(0.0, min(due, _IDLE if self._later else 1.0))

    def _knocked(self, place: Place, endpoint: Endpoint, is_open: bool) -> None:
        if is_open:
            # Read with more patience than the knock: somebody is there, and a BMC may be slow.
            asked = replace(endpoint, authorities=self._wish.authorities)
            self._helper.start(service.ask(asked), lambda probe: self._answered(place, probe))
        else:
            self._answered(place, None)

    def _answered(self, place: Place, probe: Probe | None) -> None:
        if probe:
            place.answers.append(probe)
        place.waiting -= 1
        if place.waiting <= 0:
            self._over(place)

    def _over(self, place: Place) -> None:
        self._open -= 1
        self._done += 1
        if row := place.row():
            self._count += 1
            mac = "" if row.mac else self._neighbours.mac(row.endpoint.address)
            self._found.append(replace(row, mac=mac, mac_from="arp") if mac else row)


async def _resolved(name: str) -> tuple[socket.AddressFamily, str] | None:
    try:
        return await resolve(name, 0)
    except Unreachable:
        return None
