"""What systemd is told of the service (sd_notify): that it is ready, that it lives, that it stops."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable


def notify(state: str) -> None:
    """Send one line ("READY=1") to whoever started us as a unit of Type=notify."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # A leading @ is an address without a file (sd_notify(3)).
    target = f"\0{address[1:]}" if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        link.sendto(state.encode(), target)


class Watchdog:
    """Tells that the service lives, twice as often as systemd wants to hear it; `beat` is called by the main loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        self._every = int(microseconds) / 2e6 if microseconds.isdigit() else 0.0
        self._last = 0.0

    def beat(self) -> None:
        """Call it often; it tells when it is time."""
        if self._every and self._clock() - self._last >= self._every:
            self._last = self._clock()
            notify("WATCHDOG=1")
