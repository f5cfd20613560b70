"""Progress of a pass in the journal: bytes done of bytes to do, about once a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

Append = Callable[..., Any]


class Progress:
    """Call it with bytes done, from any thread; `finish` writes the last entry and returns the seconds it took."""

    def __init__(self, append: Append, what: str, total: int, every: float = 1.0) -> None:
        self._append, self._what, self._total, self._every = append, what, total, every
        self._lock = threading.Lock()
        self._done = 0
        self._started = self._told = time.monotonic()
        append("progress", what=what, done=0, total=total)

    def __call__(self, size: int) -> None:
        with self._lock:
            self._done += size
            now = time.monotonic()
            if now - self._told < self._every:
                return
            self._told = now
            # Inside the lock, so that the journal never runs backwards.
            self._append("progress", what=self._what, done=self._done, total=self._total)

    def finish(self) -> float:
        with self._lock:
            self._append("progress", what=self._what, done=self._done, total=self._total)
            return time.monotonic() - self._started
