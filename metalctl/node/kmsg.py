"""The kernel's log as /dev/kmsg gives it: one record a read, each with a sequence number."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

_LINE = re.compile(rb"\d+,(\d{1,19}),\d+,[^;]*;(.*)")


def records(path: Path) -> list[tuple[int, str]]:
    """(sequence number, text) of every record. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        whole = b"".join(iter(lambda: _read(fd), b""))
    finally:
        os.close(fd)
    # What follows a record indented is about its device, and no record.
    matches = (_LINE.fullmatch(line) for line in whole.split(b"\n"))
    return [(int(m.group(1)), m.group(2).decode(errors="replace")) for m in matches if m]


def _read(fd: int) -> bytes:
    """One record of the device, or a piece of a file that stands for it; b"" at the end."""
    while True:
        try:
            return os.read(fd, 1 << 16)
        except BlockingIOError:
            return b""
        except OSError as odd:
            if odd.errno != errno.EPIPE:  # overwritten while we read: the next record follows, and its number tells
                raise
