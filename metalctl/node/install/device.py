"""A disk (or, in tests, a regular file) opened for direct I/O: what is read comes from the disk and not from memory.

Offsets and lengths are multiples of 512; buffers that go to the kernel are page-aligned (`buffer`). Where direct I/O
is not offered (tmpfs), reads drop the page cache first.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import stat
import struct

from metalctl.node.errors import NodeError, Refused
from metalctl.node.guard.claim import Claim, number_of

_BLKDISCARD, _BLKZEROOUT, _BLKFLSBUF, _BLKRRPART, _BLKGETSIZE64 = 0x1277, 0x127F, 0x1261, 0x125F, 0x80081272
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL)
_CHUNK = 4 * 2**20
# What a faulty disk, cable or controller gives; anything else (EINVAL, EPERM) is our own mistake and no verdict.
_DISK_ERRORS = frozenset(
    {errno.EIO, errno.ENODATA, errno.EILSEQ, errno.EREMOTEIO, errno.ETIMEDOUT, errno.ENXIO, errno.ENODEV, errno.ENOLINK}
)


class DeviceFailed(NodeError):
    """The disk refused a read or a write: that is the disk's fault. fields: path, offset, action."""


def buffer(size: int) -> mmap.mmap:
    """Page-aligned memory for direct I/O."""
    return mmap.mmap(-1, size)


class Device:
    """An open disk. claim: the guard's, of this very disk; whoever gave it closes it."""

    def __init__(self, path: str, *, writable: bool, claim: Claim | None = None) -> None:
        self.path, self._claim = path, claim
        self._fd, self._direct = _open(path, os.O_RDWR if writable else os.O_RDONLY)
        opened = os.fstat(self._fd)
        self.is_block, self.number = stat.S_ISBLK(opened.st_mode), number_of(opened)
        if claim and self.number != claim.number:
            self.close()
            raise Refused(f"{path} is not the disk {claim.number} that was claimed", hint="start it again")
        self.size = self._size()

    def _size(self) -> int:
        if not self.is_block:
            return os.fstat(self._fd).st_size
        answer = fcntl.ioctl(self._fd, _BLKGETSIZE64, bytes(8))
        return int(struct.unpack("Q", answer)[0])

    def close(self) -> None:
        """Close it; the claim stays."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write_view(self, view: memoryview, offset: int) -> None:
        """Write page-aligned memory."""
        done = 0
        try:
            while done < len(view):
                done += os.pwrite(self._fd, view[done:], offset + done)
        except OSError as error:
            raise self._failed("write", offset + done, error) from error

    def read_view(self, view: memoryview, offset: int) -> None:
        """Fill page-aligned memory from the disk."""
        if not self._direct:
            os.posix_fadvise(self._fd, offset, len(view), os.POSIX_FADV_DONTNEED)
        done = 0
        try:
            while done < len(view):
                got = os.preadv(self._fd, [view[done:]], offset + done)
                if got == 0:
                    raise OSError(errno.EIO, "the device ends here")
                done += got
        except OSError as error:
            raise self._failed("read", offset + done, error) from error

    def write(self, data: bytes, offset: int) -> None:
        """Write any bytes (a multiple of 512)."""
        with buffer(len(data)) as memory, memoryview(memory) as view:
            view[:] = data
            self.write_view(view, offset)

    def read(self, offset: int, length: int) -> bytes:
        with buffer(length) as memory, memoryview(memory) as view:
            self.read_view(view, offset)
            return bytes(view)

    def zero(self, offset: int, length: int) -> None:
        """Make a range read as zeros."""
        try:
            fcntl.ioctl(self._fd, _BLKZEROOUT, struct.pack("QQ", offset, length))
            return
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise self._failed("zero", offset, error) from error
        with buffer(min(_CHUNK, length)) as memory, memoryview(memory) as view:
            for at in range(offset, offset + length, _CHUNK):
                with view[: min(_CHUNK, offset + length - at)] as part:
                    self.write_view(part, at)

    def discard(self, offset: int, length: int) -> bool:
        """Tell the disk that a range is free; False when it does not offer that."""
        try:
            fcntl.ioctl(self._fd, _BLKDISCARD, struct.pack("QQ", offset, length))
        except OSError:
            return False
        return True

    def flush(self) -> None:
        """Everything written is on the disk, and the kernel has no copy of it."""
        try:
            os.fsync(self._fd)
            if self.is_block:
                fcntl.ioctl(self._fd, _BLKFLSBUF, 0)
        except OSError as error:
            raise self._failed("flush", 0, error) from error

    def reread_table(self) -> bool:
        """Let the kernel see the new partitions, for which the claim is given back; False when it could not."""
        if self._claim:
            self._claim.close()
        try:
            fcntl.ioctl(self._fd, _BLKRRPART, 0)
        except OSError:
            return False
        return True

    def _failed(self, action: str, offset: int, error: OSError) -> NodeError:
        kind = DeviceFailed if error.errno in _DISK_ERRORS else NodeError
        return kind(
            f"{self.path}: {action} at byte {offset} failed: {error.strerror}",
            hint="look at the kernel log (dmesg) and the disk's health, and replace the disk",
            path=self.path,
            offset=offset,
            action=action,
        )


def _open(path: str, how: int) -> tuple[int, bool]:
    try:
        return os.open(path, how | os.O_DIRECT | os.O_CLOEXEC), True
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise NodeError(f"{path} cannot be opened: {error.strerror}", hint="is it a disk?", path=path) from error
    return os.open(path, how | os.O_CLOEXEC), False
