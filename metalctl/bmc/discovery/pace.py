"""Packets a second, without bursts: a management network is slow, and its switches learn one address at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

BURST = 0.02  # seconds worth of packets that may go out at once


class Pace:
    """rate: packets a second; 0 is as fast as it goes. Spending may overdraw; then nothing is left for a while."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._most = max(1.0, rate * BURST)
        self._left = 1.0
        self._at = clock()

    def left(self) -> float:
        """Packets that may go out now."""
        if self._rate <= 0:
            return math.inf
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        return self._left

    def spend(self, packets: int) -> None:
        """So many went out."""
        self._left -= packets

    def wait(self) -> float:
        """Seconds until one more packet may go out."""
        return 0.0 if self._rate <= 0 else max(0.0, (1.0 - self.left()) / self._rate)
