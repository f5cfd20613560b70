"""SSH connections to nodes, kept between the ticks of a node that is busy and closed when it only waits.

A thousand nodes in a burn-in of days would otherwise hold a thousand sockets, threads and sessions for nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from metalctl.engine.errors import RemoteError
from metalctl.engine.reach.remote import Remote

# Seconds: longer than the pauses between the ticks of a node that makes progress.
IDLE = 20.0


@dataclass(slots=True)
class _Held:
    boot_id: str
    remote: Remote
    rested: float | None = None  # since when no tick uses it


class Connections:
    """By enrollment. A tick that took one says `rest` at its end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._closed = False

    def get(self, enrollment: str, boot_id: str, connect: Callable[[], Remote]) -> Remote:
        """The connection to the system of that boot; made with `connect` where there is none that stands."""
        with self._lock:
            held = self._held.get(enrollment)
            if held is not None and held.boot_id == boot_id and held.remote.alive and not self._closed:
                held.rested = None
                return held.remote
        self.forget(enrollment)
        remote = connect()
        with self._lock:
            if not self._closed:
                self._held[enrollment] = _Held(boot_id, remote)
                return remote
        remote.close()
        raise RemoteError("the service stops", hint="start it again: the node goes on")

    def rest(self, enrollment: str) -> None:
        """The tick that used it has ended."""
        with self._lock:
            if held := self._held.get(enrollment):
                held.rested = self._clock()

    def forget(self, enrollment: str) -> None:
        """Close it now."""
        with self._lock:
            held = self._held.pop(enrollment, None)
        if held is not None:
            held.remote.close()

    def tidy(self) -> None:
        """Close those that no tick used for a while."""
        old = self._clock() - IDLE
        with self._lock:
            idle = [name for name, held in self._held.items() if held.rested is not None and held.rested <= old]
            closing = [self._held.pop(name) for name in idle]
        for held in closing:
            held.remote.close()

    def close(self) -> None:
        """Close all, under the ticks that use them too, and make no more."""
        with self._lock:
            self._closed = True
            closing, self._held = list(self._held.values()), {}
        for held in closing:
            held.remote.close()

    def __len__(self) -> int:
        with self._lock:
            return len(self._held)
