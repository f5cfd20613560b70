"""The few things of a scan that are not a matter of microseconds: names to resolve, and service roots to read.

They run in an event loop of their own, in one thread; what comes out is handed back through a queue, and a byte on a
socket wakes the scan's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

AT_ONCE = 64


class Helper:
    """`start` work; register `fileno()` for reading; `finished` runs the callbacks of what has ended, in the caller."""

    def __init__(self) -> None:
        self._ended: queue.SimpleQueue[tuple[Callable[[Any], None], Any]] = queue.SimpleQueue()
        self._mine, self._theirs = socket.socketpair()
        self._mine.setblocking(False)
        self._theirs.setblocking(False)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._slots: asyncio.Semaphore | None = None
        self.running = 0

    def fileno(self) -> int:
        """Readable when something has ended."""
        return self._mine.fileno()

    def start(self, work: Coroutine[Any, Any, Any], then: Callable[[Any], None]) -> None:
        """Runs the coroutine; `then` gets its value. What it raises, `finished` raises."""
        self.running += 1
        asyncio.run_coroutine_threadsafe(self._one(work, then), self._started())

    def finished(self) -> None:
        """Calls `then` of all that has ended."""
        with contextlib.suppress(BlockingIOError):
            while self._mine.recv(4096):
                pass
        while True:
            try:
                then, value = self._ended.get_nowait()
            except queue.Empty:
                return
            self.running -= 1
            then(value)

    def close(self) -> None:
        """Cancels what still runs, and waits for the thread."""
        if self._loop and self._thread:
            asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        self._mine.close()
        self._theirs.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._slots = asyncio.Semaphore(AT_ONCE)
            self._thread = threading.Thread(target=self._loop.run_forever, name="scan-helper", daemon=True)
            self._thread.start()
        return self._loop

    async def _one(self, work: Coroutine[Any, Any, Any], then: Callable[[Any], None]) -> None:
        ended: tuple[Callable[[Any], None], Any] = (then, None)
        try:
            assert self._slots
            async with self._slots:
                ended = (then, await work)
        except Exception as error:  # noqa: BLE001 - a mistake of ours: raised in the thread that waits for it
            ended = (_raise, error)
        finally:
            work.close()
            self._ended.put(ended)
            with contextlib.suppress(OSError):
                self._theirs.send(b".")


def _raise(error: Exception) -> None:
    raise error


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
    await asyncio.sleep(0.01)  # aborted connections close their sockets in the next turns of the loop
