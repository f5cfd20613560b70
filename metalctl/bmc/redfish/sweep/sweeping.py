"""The inventories of many BMCs, in one event loop.

    async for one in sweep(endpoints, credential, memory={}):
        if one.error:
            print(one.endpoint, one.error.message)
        elif not one.unchanged:
            store(one.inventory)

Hundreds of BMCs at once, 2 to 4 requests in flight at each, a deadline for each: one that is offline, slow or mad costs
nobody else anything. Results come in the order in which they are done, and are not kept: memory stays bounded by the
BMCs that are being read. A repeated sweep with the same memory costs at most three requests for a BMC on which nothing
has changed; what that may miss is told in remember.py, and `fresh` reads everything again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BmcError, Unreachable, Unsupported
from metalctl.bmc.many import Credentials, credential_of, defect, each
from metalctl.bmc.redfish.sweep.remember import Memory, Remembered
from metalctl.bmc.redfish.sweep.visit import Options, Seen, visit
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory

__all__ = ["Memory", "Swept", "sweep"]

# Beyond a BMC's deadline, for saying goodbye to it.
GRACE = 10.0


@dataclass(frozen=True, slots=True)
class Swept:
    """One system, or the error that stands for a BMC that could not be read.

    endpoint: with the fingerprint that was recorded, and the system's id behind a BMC of several. findings: what the
    BMC was refused for. unchanged: the inventory is the remembered one, as its `taken` says. requests, seconds: what
    the visit of the BMC has cost.
    """

    endpoint: Endpoint
    error: BmcError | None = None
    findings: tuple[Finding, ...] = ()
    unchanged: bool = False
    requests: int = 0
    seconds: float = 0.0
    _read: Inventory | None = field(default=None, repr=False)
    _record: Remembered | None = field(default=None, repr=False)

    @property
    def inventory(self) -> Inventory | None:
        """The inventory, None with an error. A remembered one is decoded each time it is asked for."""
        if self._read is None and self._record is not None:
            return self._record.inventory()
        return self._read

    @property
    def power(self) -> str:
        """ "on", "off", or "" when it does not state it."""
        return self._record.power if self._record else ""

    @property
    def health(self) -> str:
        """ "ok", "warning", "critical" of the system and all that is in it, or "" when it states none."""
        return self._record.health if self._record else ""


async def sweep(
    endpoints: Iterable[Endpoint],
    credentials: Credentials,
    *,
    concurrency: int = 128,
    deadline: float = 120.0,
    timeout: float = 30.0,
    in_flight: int = 2,
    progress: Callable[[int, int], None] | None = None,
    memory: Memory | None = None,
    fresh: bool = False,
    authorities: Path | None = None,
) -> AsyncGenerator[Swept, None]:
    """Read the BMCs; see above. Never raises for a BMC.

    credentials: one for all, or a function of the endpoint (it may raise BmcError). concurrency: BMCs at a time.
    deadline: seconds for a BMC; timeout: for a request. progress: called with how many are done, and how many there
    are. authorities: PEM file of the CAs that sign the BMCs' certificates; without it they are pinned on first use.
    """
    options = Options(timeout, deadline, min(max(in_flight, 1), 4), authorities, memory, fresh)
    todo = list(endpoints)
    count = 0

    async def read(endpoint: Endpoint) -> list[Swept]:
        return await _visited(endpoint, credentials, options)

    async with contextlib.aclosing(each(todo, read, concurrency, ahead=max(concurrency, 1))) as rows:
        async for found in rows:
            count += 1
            if progress:
                progress(count, len(todo))
            for one in found:
                yield one


async def _visited(endpoint: Endpoint, credentials: Credentials, options: Options) -> list[Swept]:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        found = await _in_time(endpoint, credentials, options)
    except BmcError as error:
        return [Swept(endpoint, error, seconds=loop.time() - begun)]
    except Exception as error:  # noqa: BLE001  a defect of ours costs one BMC, never the sweep
        return [Swept(endpoint, defect(endpoint, error), seconds=loop.time() - begun)]
    seconds = loop.time() - begun
    return [
        Swept(
            one.endpoint,
            None,
            one.findings,
            unchanged=one.inventory is None,
            requests=one.requests,
            seconds=seconds,
            _read=one.inventory,
            _record=one.record,
        )
        for one in found
    ]


async def _in_time(endpoint: Endpoint, credentials: Credentials, options: Options) -> list[Seen]:
    if endpoint.protocol != "redfish":
        raise Unsupported(f"{endpoint} is not Redfish", hint="read it alone: it takes a process", bmc=str(endpoint))
    credential = credential_of(credentials, endpoint)
    try:
        async with asyncio.timeout(options.deadline + GRACE):
            return await visit(endpoint, credential, options)
    except TimeoutError:
        raise Unreachable(
            f"{endpoint} was not done within {options.deadline:g} s",
            hint="ask it alone, with more time: it is slow, or its network is",
            bmc=str(endpoint),
        ) from None
