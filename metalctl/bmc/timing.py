"""The clock that waiting goes by: the real one, or a test's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """now: seconds, only ever rising. sleep: lets that many seconds pass. today: seconds since 1970, UTC."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    today: Callable[[], float] = time.time


REAL = Clock()
