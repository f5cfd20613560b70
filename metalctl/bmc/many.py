"""Many BMCs at once, in one event loop.

Every worker takes the next BMC that nobody has taken; the rows come in the order in which they are done.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError

Item = TypeVar("Item")
Row = TypeVar("Row")
Credentials = Credential | Callable[[Endpoint], Credential]

# Parsing JSON makes objects by the ten thousand, none of them in a cycle: looking for cycles costs a sixth of the time,
# and with an eighth of this number still a twentieth. What is in cycles by then is some thousands of small objects.
_RARELY = (400_000, 20, 50)


async def each(
    items: Sequence[Item], work: Callable[[Item], Awaitable[Row]], concurrency: int, ahead: int = 0
) -> AsyncGenerator[Row, None]:
    """What `work` gives for each item, in the order in which they are done. Close it (aclosing): it stops the workers.

    work: never raises; a BMC's error is a row. concurrency: items at a time. ahead: rows that may lie ready before
    the workers wait for whoever takes them, 0 is any number.
    """
    done: asyncio.Queue[Row] = asyncio.Queue(ahead)
    following = iter(items)

    async def worker() -> None:
        for item in following:
            await done.put(await work(item))

    thresholds = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    workers = [asyncio.create_task(worker()) for _ in range(min(max(concurrency, 1), len(items)))]
    try:
        for _ in items:
            yield await done.get()
    finally:
        gc.set_threshold(*thresholds)
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def credential_of(credentials: Credentials, endpoint: Endpoint) -> Credential:
    """The one for all, or what the function says, which may raise BmcError."""
    return credentials if isinstance(credentials, Credential) else credentials(endpoint)


def defect(endpoint: Endpoint, error: Exception) -> BmcError:
    """The row of a BMC on whose answers metalctl itself failed: that costs one BMC, never the round."""
    return BmcError(
        f"{endpoint}: metalctl failed on its answers ({type(error).__name__}: {str(error)[:200]})",
        hint="this is a defect of metalctl: please report it with a capture (metalctl bmc record)",
    )


def more_descriptors(wanted: int) -> None:
    """Many connections are open at once: more than the 1,024 descriptors that a process begins with, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    best = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < best:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))
