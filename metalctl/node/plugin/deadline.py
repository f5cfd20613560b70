"""The deadline of a check: first an exception in it, then, when the process hangs in the kernel, the end of the run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from metalctl.node.plugin.verdicts import CheckTimeout


@contextmanager
def deadline(seconds: float, hung: Callable[[], None], grace: float = 30.0) -> Iterator[None]:
    """Raise CheckTimeout within after `seconds`; when even that is not heard for `grace` more, call `hung`.

    `hung` runs in another thread, while this one sits in a call that does not return (a dead disk), and should end the
    process. Main thread only.
    """

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise CheckTimeout(f"the check did not end within {seconds:g} s")

    watchdog = threading.Timer(seconds + grace, hung)
    watchdog.daemon = True
    watchdog.start()
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        watchdog.cancel()
