"""After a write job: the range that it wrote is zeros again, read back and compared."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import struct
from collections.abc import Iterator

from metalctl.node.pyfio.job import Leave
from metalctl.node.pyfio.result import MediaError

_BLKZEROOUT, _BLKFLSBUF = 0x127F, 0x1261
_CHUNK = 4 << 20


@contextlib.contextmanager
def cleaned(leave: Leave, size: int) -> Iterator[None]:
    """Zero the first `size` bytes of the device on the way out, also after an error; MediaError when they are not."""
    try:
        yield
    finally:
        zero(leave, size)


def zero(leave: Leave, size: int) -> None:
    """Zero the first `size` bytes and read them back."""
    fd = os.open(leave.path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if not _zeroed_by_device(fd, size):
            for offset in range(0, size, _CHUNK):
                os.pwrite(fd, bytes(min(_CHUNK, size - offset)), offset)
        os.fsync(fd)
        if stat.S_ISBLK(os.fstat(fd).st_mode):
            fcntl.ioctl(fd, _BLKFLSBUF, 0)
        for offset in range(0, size, _CHUNK):
            wanted = bytes(min(_CHUNK, size - offset))
            if os.pread(fd, len(wanted), offset) != wanted:
                raise MediaError(f"{leave.path} does not read as zeros after it was zeroed", hint="replace the drive")
    finally:
        os.close(fd)


def _zeroed_by_device(fd: int, size: int) -> bool:
    try:
        fcntl.ioctl(fd, _BLKZEROOUT, struct.pack("QQ", 0, size))
    except OSError:
        return False
    return True
