"""Walks the stages that are left to the end: ticks, and between them a wait that an event cuts short.

A tick runs in a thread of a bounded pool; a wait holds none. No exception ends a walk: a database that is locked, a
disk that is full, too many open files are logged, counted (`faults`) and tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from metalctl.engine.pipeline.outcome import Next
from metalctl.engine.topics import node_topic

log = structlog.get_logger()

Tick = Callable[[str, str], Next]
Left = Callable[[str], Sequence[str]]
# Most of them sleep or wait for a BMC: one that switches its node's power and reads back takes three seconds and more.
THREADS = 96
# Between tries of a tick that raised, seconds: doubled each time.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A tick that raised: how many times running, and the last reason."""

    times: int
    reason: str


class Walker:
    """`tick(enrollment, stage)` does the next thing and says how it goes on. Made once a service.

    left(enrollment): the stages that are not done, in order; asked once, when its walk begins. It may not raise.
    """

    def __init__(
        self, tick: Tick, left: Left, *, threads: int = THREADS, told: Callable[[str, Fault], None] | None = None
    ) -> None:
        self._tick = tick
        self._left = left
        self._told = told
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tick")
        self._waiting: dict[str, set[_Wait]] = defaultdict(set)
        self._lock = threading.Lock()
        self._threads, self._moved = threads, time.monotonic()
        self._open: dict[tuple[str, float], str] = {}
        self.faults: dict[str, Fault] = {}

    async def walk(self, enrollment: str) -> bool:
        """Walk every stage that is left, until one fails; whether all were passed."""
        left = await asyncio.get_running_loop().run_in_executor(self._pool, self._left, enrollment)
        for stage in left:
            if not await self.walk_stage(enrollment, stage):
                return False
        return True

    async def walk_stage(self, enrollment: str, stage: str) -> bool:
        """Tick until the stage has ended; whether it was passed."""
        while True:
            # Interest is declared before the tick looks: what happens while it looks is not missed.
            wait = _Wait(asyncio.get_running_loop())
            self._expect(wait, (node_topic(enrollment),))
            try:
                next_ = await self._once(enrollment, stage)
                if next_.ended:
                    return next_.passed
                self._expect(wait, next_.until)
                await wait.happens(next_.seconds)
            finally:
                self._forget(wait)

    @property
    def idle(self) -> float:
        """Seconds that ticks have been waiting for a thread while none has ended; 0.0 when none waits."""
        return time.monotonic() - self._moved if len(self._open) > self._threads else 0.0

    @property
    def longest(self) -> tuple[str, float]:
        """The enrollment whose tick has been running longest, and its seconds; ("", 0.0) when none runs."""
        (enrollment, begun), _ = next(iter(self._open.copy().items()), (("", time.monotonic()), ""))
        return enrollment, time.monotonic() - begun

    @contextlib.contextmanager
    def _counted(self, enrollment: str, stage: str) -> Iterator[None]:
        key = (enrollment, time.monotonic())
        self._open[key] = stage
        if len(self._open) == self._threads + 1:
            self._moved = key[1]
        try:
            yield
        finally:
            del self._open[key]
            self._moved = time.monotonic()

    async def _once(self, enrollment: str, stage: str) -> Next:
        with self._counted(enrollment, stage):
            return await self._tried(enrollment, stage)

    async def _tried(self, enrollment: str, stage: str) -> Next:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, self._tick, enrollment, stage)
        except Exception as error:  # noqa: BLE001 - a walk goes on, whatever happened
            return self._faulted(enrollment, stage, error)
        self.faults.pop(enrollment, None)
        return found

    def _faulted(self, enrollment: str, stage: str, error: Exception) -> Next:
        before = self.faults.get(enrollment)
        times = before.times + 1 if before else 1
        self.faults[enrollment] = Fault(times, f"{type(error).__name__}: {error}")
        log.exception("tick-fault", enrollment=enrollment, stage=stage, times=times)
        self._tell(enrollment)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(times - 1, 8))
        return Next.wait(pause * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, not a secret

    def _tell(self, enrollment: str) -> None:
        """As far as that can be written down: what failed may be the database."""
        if self._told is not None:
            with contextlib.suppress(Exception):
                self._told(enrollment, self.faults[enrollment])

    def publish(self, topic: str, after: float = 0.0) -> None:
        """Something happened: who waits for it looks, after so many seconds. From any thread."""
        with self._lock:
            waits = list(self._waiting.get(topic, ()))
        for wait in waits:
            wait.happened(after)

    def close(self) -> None:
        """Wait for the ticks that run: none may act on a node after the lock is released."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _expect(self, wait: _Wait, topics: Iterable[str]) -> None:
        with self._lock:
            for topic in topics:
                self._waiting[topic].add(wait)
                wait.topics.append(topic)

    def _forget(self, wait: _Wait) -> None:
        with self._lock:
            for topic in wait.topics:
                waits = self._waiting.get(topic)
                if waits is not None:
                    waits.discard(wait)
                    if not waits:
                        del self._waiting[topic]


class _Wait:
    """One wait of one walk; `happened` may be called from any thread."""

    __slots__ = ("_event", "_loop", "topics")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()
        self.topics: list[str] = []

    def happened(self, after: float = 0.0) -> None:
        if self._loop.is_closed():
            return
        if after:
            self._loop.call_soon_threadsafe(self._loop.call_later, after, self._event.set)
        else:
            self._loop.call_soon_threadsafe(self._event.set)

    async def happens(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
