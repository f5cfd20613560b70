"""What systemd is told of the service (sd_notify): that it is ready, that it lives, that it reads its settings again,
that it stops."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator

import structlog

log = structlog.get_logger()
# Seconds that a listener whose queue is full is waited for: the main loop has other things to do.
PATIENCE = 2.0


def notify(state: str) -> None:
    """Send one line ("READY=1") to whoever started us as a unit of Type=notify."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # A leading @ is an address without a file (sd_notify(3)).
    target = f"\0{address[1:]}" if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        link.settimeout(PATIENCE)
        link.sendto(state.encode(), target)


@contextlib.contextmanager
def reloading() -> Iterator[None]:
    """The settings are being read again; ready after that, whatever came of it."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
    try:
        yield
    finally:
        notify("READY=1")


class Watchdog:
    """Tells that the service lives, twice as often as systemd wants to hear it; `beat` is called by the main loop.

    stuck: what gets nowhere, "" when all is well. While something does, systemd does not hear of us.
    """

    def __init__(self, stuck: Callable[[], str] = str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._stuck, self._said = clock, stuck, ""
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        self._every = int(microseconds) / 2e6 if microseconds.isdigit() else 0.0
        self._last = 0.0

    def beat(self) -> None:
        """Call it often; it tells when it is time."""
        if not self._every or self._clock() - self._last < self._every:
            return
        self._last = self._clock()
        if stuck := self._stuck():
            if not self._said:
                log.error("stuck", reason=stuck)
                notify(f"STATUS={stuck.splitlines()[0]}")
        else:
            notify("STATUS=\nWATCHDOG=1" if self._said else "WATCHDOG=1")
        self._said = stuck
