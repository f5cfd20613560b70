"""Simulated BMCs over TLS, in a loop of their own thread, for tests of what blocks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from metalctl.lab.fleet import Fleet, FleetSettings, load_tree, parse_fault


@contextmanager
def running(tree: str = "compute", faults: tuple[str, ...] = (), **given: Any) -> Iterator[Fleet]:
    """The fleet, serving. Power follows after 20 ms, a restarted BMC after 200 ms, unless told."""
    wanted = {"base": "127.78.40.1", "tls": True, "power_time": 0.02, "bmc_reset_time": 0.2, **given}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    fleet = Fleet(load_tree(tree), FleetSettings(faults=tuple(map(parse_fault, faults)), **wanted))
    try:
        asyncio.run_coroutine_threadsafe(fleet.start(), loop).result(60)
        yield fleet
    finally:
        asyncio.run_coroutine_threadsafe(fleet.close(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


def url(fleet: Fleet, index: int = 0) -> str:
    return f"https://{fleet.bmcs[index].address}:{fleet.port}"


def open_sessions(fleet: Fleet) -> list[int]:
    return [len(bmc.auth.sessions) for bmc in fleet.bmcs]
