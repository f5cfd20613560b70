"""The clock that waiting goes by: the real one, or a test's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Clock:
    """now: seconds, only ever rising. sleep: lets that many seconds pass. today: seconds since 1970, UTC."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    today: Callable[[], float] = time.time

    def until(self, read: Callable[[], T], good: Callable[[T], bool], seconds: float, pause: float = 1.0) -> T:
        """What is read once it is `good`, or when its time was over, good or not."""
        deadline = self.now() + seconds
        while not good(got := read()) and self.now() < deadline:
            self.sleep(pause)
        return got


REAL = Clock()
