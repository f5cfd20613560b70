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
from dataclasses import replace
from pathlib import Path

from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BmcError, Unreachable, Unsupported
from metalctl.bmc.many import Credentials, credential_of, defect, each
from metalctl.bmc.redfish.sweep.remember import Memory
from metalctl.bmc.redfish.sweep.visit import Options, Swept, visit

__all__ = ["Memory", "Swept", "sweep"]

# Beyond a BMC's deadline, for saying goodbye to it.
GRACE = 10.0


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
        if endpoint.protocol != "redfish":
            raise Unsupported(f"{endpoint} is not Redfish", hint="read it alone: it takes a process")
        credential = credential_of(credentials, endpoint)
        async with asyncio.timeout(options.deadline + GRACE):
            found = await visit(endpoint, credential, options)
    except TimeoutError:
        hint = "ask it alone, with more time: it is slow, or its network is"
        found = [Swept(endpoint, Unreachable(f"{endpoint} was not done within {options.deadline:g} s", hint=hint))]
    except BmcError as error:
        found = [Swept(endpoint, error)]
    except Exception as error:  # noqa: BLE001  a defect of ours costs one BMC, never the sweep
        found = [Swept(endpoint, defect(endpoint, error))]
    return [replace(one, seconds=loop.time() - begun) for one in found]
