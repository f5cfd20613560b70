"""The scan itself, in one event loop: a UDP socket a family, a bounded number of connects, and the service roots of
the ports that are open.

Memory is bounded by what is under way, whatever the size of the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from typing import Any

from metalctl.bmc.discovery import service
from metalctl.bmc.discovery.neighbours import Neighbours
from metalctl.bmc.discovery.pace import Pace
from metalctl.bmc.discovery.places import Place, Wish, asked_of
from metalctl.bmc.discovery.targets import Targets
from metalctl.bmc.discovery.udp import FEW, Sweep
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import Unreachable
from metalctl.bmc.ipmi.ping import resolve
from metalctl.bmc.protocol import Probe

TOLD_EVERY = 0.1  # seconds between two reports of progress
CONNECTS = 2048  # at once
ROOTS = 64  # service roots that are read at once
_BATCH = 64
_IDLE = 0.05
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EAGAIN})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: places done of total (at most), BMCs found."""

    done: int
    total: int
    found: int


class Scan:
    """A scan that is under way: `following` gives what is found, `close` ends it. warn: see scan.discover."""

    def __init__(
        self, targets: Targets, wish: Wish, progress: Callable[[Progress], None], warn: Callable[[str], None]
    ) -> None:
        self._targets, self._wish, self._progress, self._warn = targets, wish, progress, warn
        self._todo = iter(targets)
        self._total = len(targets)
        self._pace = Pace(wish.rate)
        self._room, self._roots = asyncio.Semaphore(room()), asyncio.Semaphore(ROOTS)
        self._sweeps: dict[socket.AddressFamily, Sweep] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: deque[asyncio.Task[None]] = deque()
        self._woken = asyncio.Event()
        self._neighbours = Neighbours()
        self._found: deque[Probe] = deque()
        self._open = self._done = self._count = 0
        self._more = True
        self._last = time.monotonic()

    async def following(self) -> Probe | None:
        """The next machine that answers, None when the scan is over."""
        while not self._found:
            if not (self._more or self._open):
                self._tell()
                return None
            self._begin()
            await self._pause()
            self._take(time.monotonic())
            if time.monotonic() - self._last > TOLD_EVERY:
                self._tell()
        return self._found.popleft()

    async def close(self) -> None:
        """End whatever is still running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for sweep in self._sweeps.values():
            asyncio.get_running_loop().remove_reader(sweep)
            sweep.close()
        await asyncio.sleep(0.01)  # aborted connections close their sockets in the next turns of the loop

    def _tell(self) -> None:
        self._last = time.monotonic()
        self._progress(Progress(self._done, self._total, self._count))

    def _begin(self) -> None:
        """Start new places, as many as pace and room permit."""
        for _ in range(_BATCH):
            if self._pace.left() < 1 or self._full():
                return
            target = next(self._todo, None)
            if target is None:
                self._more = False
                return
            self._enter(target)

    def _full(self) -> bool:
        return self._room.locked() or any(sweep.full for sweep in self._sweeps.values())

    def _enter(self, target: Endpoint | str) -> None:
        if not (place := asked_of(target, self._wish)):
            self._done += 1
            return
        self._open += 1
        if ":" in place.name:
            self._knock(place, socket.AF_INET6, place.name)
        elif place.name.rpartition(".")[2].isdigit():  # no name ends so: parse_endpoint sees to it
            self._knock(place, socket.AF_INET, place.name)
        else:
            self._start(self._named(place))

    async def _named(self, place: Place) -> None:
        try:
            family, address = await resolve(place.name, 0)
        except Unreachable:
            self._warn(f"{place.name} was not asked: the name has no address")
            self._over(place)
            return
        if self._targets.excludes(address):
            self._over(place)
        else:
            self._knock(place, family, address)

    def _knock(self, place: Place, family: socket.AddressFamily, address: str) -> None:
        """Ask a place all that there is to ask."""
        self._pace.spend(len(place.tcp) + (place.udp is not None))
        for endpoint in place.tcp:
            self._start(self._redfish(place, endpoint, family, address))
        if place.udp and not self._sweep(family).ask(place, address, place.udp.effective_port, time.monotonic()):
            self._answered(place, None)

    async def _redfish(self, place: Place, endpoint: Endpoint, family: socket.AddressFamily, address: str) -> None:
        probe = None
        if await self._is_open(family, (address, endpoint.effective_port)):
            async with self._roots:
                # Read with more patience than the knock: something is there, and a BMC may be slow.
                probe = await service.ask(replace(endpoint, authorities=self._wish.authorities))
        self._answered(place, probe)

    async def _is_open(self, family: socket.AddressFamily, to: tuple[str, int]) -> bool:
        """Whether the TCP port takes a connection within the time-out."""
        async with self._room:
            while True:
                try:
                    with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as link:
                        async with asyncio.timeout(self._wish.timeout):
                            await asyncio.get_running_loop().sock_connect(link, to)
                    return True
                except OSError as error:  # TimeoutError is one
                    if error.errno not in _NO_ROOM:
                        return False
                await asyncio.sleep(_IDLE)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ended.append(task)
        self._woken.set()

    def _sweep(self, family: socket.AddressFamily) -> Sweep:
        if family not in self._sweeps:
            sweep = self._sweeps[family] = Sweep(family, self._wish.timeout, self._total <= FEW)
            asyncio.get_running_loop().add_reader(sweep, self._receive, sweep)
        return self._sweeps[family]

    def _receive(self, sweep: Sweep) -> None:
        self._pace.spend(sweep.receive(time.monotonic()))
        self._woken.set()

    async def _pause(self) -> None:
        """Return when something has happened, or is due."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._wait()):
                await self._woken.wait()
        self._woken.clear()

    def _wait(self) -> float:
        if not (self._more or self._open):
            return 0.0
        due = min((sweep.next_due() for sweep in self._sweeps.values()), default=float("inf")) - time.monotonic()
        if self._more and not self._full():
            due = min(due, self._pace.wait())
        return max(0.0, min(due, 1.0))

    def _take(self, now: float) -> None:
        """Take in what has ended, and what time has brought. A mistake of ours is raised here."""
        while self._ended:
            self._ended.popleft().result()
        for what in self._due(now):
            if isinstance(what, int):
                self._pace.spend(what)
            else:
                self._answered(*what)

    def _due(self, now: float) -> Iterator[tuple[Place, Probe | None] | int]:
        for sweep in self._sweeps.values():
            yield from sweep.due(now)

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


def room() -> int:
    """How many connects may be open at once: half of the descriptors that this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(CONNECTS, soft // 2 if soft > 0 else CONNECTS))
