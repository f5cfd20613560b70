"""For tests that share a machine of any speed: waiting that costs time only when it is in vain, and ports that nobody
else is given."""

from __future__ import annotations

import errno
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Return as soon as the condition holds; AssertionError when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not come to that within {seconds:g} s"
        time.sleep(0.02)


def ended(pid: int | str) -> bool:
    """Whether the process is gone, or dead and only not yet reaped by whoever inherited it."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def quiet_socket(address: str) -> socket.socket:
    """A UDP socket on a port that the kernel gives to nobody who asks for any, so that it stays free once it is."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for port in random.sample(range(20000, 30000), 100):
        try:
            taken.bind((address, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return taken
    raise AssertionError("a hundred ports are taken")
