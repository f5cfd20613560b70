"""Finds BMCs: knocks at every target over Redfish (TCP, then the service root) and IPMI (one UDP socket), without
credentials.

One machine is one row: what answers on several ports of one address is merged, Redfish first. Memory is bounded by
the number of places knocked at at once, whatever the size of the network; new ones are started at `rate` a second
at most.
"""

from __future__ import annotations

import asyncio
import ipaddress
import resource
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from metalctl.bmc.connect import probe_async
from metalctl.bmc.endpoint import DEFAULT_PORTS, Endpoint
from metalctl.bmc.errors import BmcError
from metalctl.bmc.ipmi.ping import Pinger, open_pinger, product, resolve
from metalctl.bmc.protocol import Probe
from metalctl.bmc.targets import Targets, parse_targets

RATE = 500.0
REDFISH_PORTS = (443,)
IPMI_PORT = 623


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: places done of total (at most), BMCs found."""

    done: int
    total: int
    found: int


def discover(
    targets: Iterable[str],
    *,
    rate: float = RATE,
    exclude: Iterable[str] = (),
    timeout: float = 2.0,
    ports: tuple[int, ...] = REDFISH_PORTS,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Iterator[Probe]:
    """Every BMC that answers, as it answers. rate: places started a second; timeout: seconds to wait for a silent one.

    Raises BadTarget or BadEndpoint before anything is sent.
    """
    parsed = parse_targets(targets, exclude)
    return _drive(_Scan(parsed, rate, timeout, ports, progress))


def _drive(scan: _Scan) -> Iterator[Probe]:
    with asyncio.Runner() as runner:
        found = scan.run()
        try:
            while (one := runner.run(_next(found))) is not None:
                yield one
        finally:
            runner.run(scan.stop())


async def _next(found: AsyncIterator[Probe]) -> Probe | None:
    return await anext(found, None)


class _Scan:
    def __init__(
        self,
        targets: Targets,
        rate: float,
        timeout: float,
        ports: tuple[int, ...],
        progress: Callable[[Progress], None],
    ) -> None:
        self._targets = targets
        self._gap = 1.0 / rate if rate > 0 else 0.0
        self._timeout = timeout
        self._ports = ports
        self._progress = progress
        self._pingers: dict[socket.AddressFamily, asyncio.Task[Pinger]] = {}
        self._running: set[asyncio.Task[Probe | None]] = set()
        self._done = self._found = 0

    async def run(self) -> AsyncIterator[Probe]:
        at_once = _at_once(len(self._ports))
        begun = time.monotonic()
        for number, place in enumerate(self._targets):
            if (ahead := begun + number * self._gap - time.monotonic()) > 0:
                await asyncio.sleep(ahead)
            self._running.add(asyncio.ensure_future(self._knock(place)))
            for one in await self._collect(wait=len(self._running) >= at_once):
                yield one
        while self._running:
            for one in await self._collect(wait=True):
                yield one

    async def stop(self) -> None:
        """Whatever is still running ends here; sockets are closed."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for pinger in self._pingers.values():
            (await pinger).close()
        await asyncio.sleep(0)

    async def _collect(self, wait: bool) -> list[Probe]:
        done = {task for task in self._running if task.done()}
        if not done and wait:
            done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        self._running -= done
        found = [one for task in done if (one := task.result())]
        self._done += len(done)
        self._found += len(found)
        if done:
            self._progress(Progress(self._done, len(self._targets), self._found))
        return found

    async def _knock(self, place: Endpoint | str) -> Probe | None:
        if isinstance(place, Endpoint):
            return await self._ipmi(place) if place.protocol == "ipmi" else await self._redfish(place)
        endpoints = [Endpoint(place, port=None if p == DEFAULT_PORTS["redfish"] else p) for p in self._ports]
        answers = await asyncio.gather(*map(self._redfish, endpoints), self._ipmi(Endpoint(place, "ipmi")))
        return _merged([answer for answer in answers if answer])

    async def _redfish(self, endpoint: Endpoint) -> Probe | None:
        try:
            return await probe_async(endpoint, self._timeout)
        except BmcError:
            return None

    async def _ipmi(self, endpoint: Endpoint) -> Probe | None:
        try:
            family, address = await self._resolved(endpoint)
        except BmcError:
            return None
        if family not in self._pingers:
            self._pingers[family] = asyncio.ensure_future(open_pinger(family))
        pinger = await asyncio.shield(self._pingers[family])
        answer = await pinger.ask(address, endpoint.effective_port, self._timeout)
        return Probe(endpoint, "ipmi", product(answer)) if answer else None

    async def _resolved(self, endpoint: Endpoint) -> tuple[socket.AddressFamily, str]:
        try:
            version = ipaddress.ip_address(endpoint.address).version
        except ValueError:
            return await resolve(endpoint.address, endpoint.effective_port)
        return socket.AF_INET if version == 4 else socket.AF_INET6, endpoint.address


def _merged(answers: list[Probe]) -> Probe | None:
    """One row a machine: the first (Redfish) answer, and what else spoke."""
    if not answers:
        return None
    also = tuple(dict.fromkeys(a.protocol for a in answers[1:] if a.protocol != answers[0].protocol))
    return replace(answers[0], also=also)


def _at_once(ports: int) -> int:
    """How many places may be open at once, within half of the descriptors that this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(1024, (soft // 2 if soft > 0 else 1024) // ports))
