"""Places among the booting nodes: power and bandwidth allow so many at once. A place is a lease of its holder.

First come, first served. It ends with its holder: whoever passed or failed the stage, was parked or cancelled, has
none. After a restart the nodes that were booting take theirs again at their next tick.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Places:
    """`most` holders at a time. freed: called when somebody who waits may try again."""

    def __init__(self, most: int, freed: Callable[[], None] = lambda: None) -> None:
        self._most = most
        self._freed = freed
        self._holders: set[str] = set()
        self._queue: dict[str, None] = {}
        self._lock = threading.Lock()

    def claim(self, holder: str) -> bool:
        """Whether the holder has a place now; it is remembered in the queue if not."""
        with self._lock:
            if holder in self._holders:
                return True
            self._queue.setdefault(holder)
            free = self._most - len(self._holders)
            if holder not in list(self._queue)[: max(0, free)]:
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
            queue = list(self._queue)
        return queue.index(holder) if holder in queue else 0

    def release(self, holder: str) -> None:
        """Give the place back, or leave the queue."""
        with self._lock:
            if holder not in self._holders and holder not in self._queue:
                return
            self._holders.discard(holder)
            self._queue.pop(holder, None)
        self._freed()

    def _take(self, holder: str) -> None:
        self._queue.pop(holder, None)
        self._holders.add(holder)
