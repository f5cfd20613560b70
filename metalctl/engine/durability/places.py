"""Places among the booting nodes: power and bandwidth allow so many at once. A place is a lease of its holder.

Higher priority first, then first come, first served. It ends with its holder: whoever passed or failed the stage, was
parked or cancelled, has none. After a restart the nodes that were booting take theirs again at their next tick.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Seconds of a boot until some were seen; over how many the mean is taken.
USUAL, SMOOTHING = 240.0, 8


class Places:
    """`most` holders at a time. freed: told who waits and may take one now, and nobody else of the thousand."""

    def __init__(self, most: int, freed: Callable[[str], None] = lambda holder: None) -> None:
        self._most = most
        self._freed = freed
        self._holders: set[str] = set()
        self._queue: dict[str, int] = {}
        self._since: dict[str, float] = {}
        self._usual = USUAL
        self._lock = threading.Lock()

    def claim(self, holder: str, priority: int = 0) -> bool:
        """Whether the holder has a place now; it is remembered in the queue if not."""
        with self._lock:
            if holder in self._holders:
                return True
            self._queue[holder] = priority
            free = self._most - len(self._holders)
            if holder not in self._in_order()[: max(0, free)]:
                return False
            self._take(holder)
            return True

    def hold(self, holder: str) -> None:
        """Count a node that is booting already, whatever the number: a restart forgot that it has a place."""
        with self._lock:
            self._take(holder)

    def before(self, holder: str) -> int:
        """How many wait before the holder."""
        with self._lock:
            queue = self._in_order()
        return queue.index(holder) if holder in queue else 0

    def expected(self, holder: str) -> float:
        """Seconds until the holder's turn, if a boot goes on taking what the last ones took."""
        return (self.before(holder) // self._most + 1) * self._usual

    def resize(self, most: int) -> None:
        """From now on so many; who has a place keeps it."""
        self._most = most
        self._tell()

    def release(self, holder: str) -> None:
        """Give the place back, or leave the queue."""
        with self._lock:
            if holder not in self._holders and holder not in self._queue:
                return
            self._holders.discard(holder)
            self._queue.pop(holder, None)
            begun = self._since.pop(holder, None)
            if begun is not None:
                self._usual += (time.monotonic() - begun - self._usual) / SMOOTHING
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            next_ = self._in_order()[: max(0, self._most - len(self._holders))]
        for holder in next_:
            self._freed(holder)

    def _take(self, holder: str) -> None:
        self._queue.pop(holder, None)
        self._since.setdefault(holder, time.monotonic())
        self._holders.add(holder)

    def _in_order(self) -> list[str]:
        # Sorting is stable: of one priority, in the order of asking.
        return sorted(self._queue, key=lambda holder: -self._queue[holder])
