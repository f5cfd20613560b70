"""The exclusive open: whoever holds it is the only one in the kernel who can use the disk or a partition of it.

While it is open the kernel gives neither the disk's name nor its number to another disk, so what was found out about
the disk holds until it is closed. It writes nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from pathlib import Path

from metalctl.node.errors import Refused


class Claim:
    """An exclusive open of a block device, by every path to it; a context manager. Raises Refused when it is taken.

    devices: (kernel name, device number as in /sys) of each path. path, number: device file and number of the first.
    """

    def __init__(self, *devices: tuple[str, str]) -> None:
        (name, self.number), self._files = devices[0], ExitStack()
        self.path = f"/dev/{name}"
        with self._files as opened:
            for each in devices:
                opened.callback(os.close, _open(*each))
            self._files = opened.pop_all()

    def close(self) -> None:
        """Give it back; a second time does nothing."""
        self._files.close()

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def claimed(name: str) -> str:
    """Why a block device cannot be claimed, as a sentence; "" when it can, and then it is free again."""
    try:
        os.close(_open(name, _number(name)))
    except Refused as refused:
        return refused.message
    return ""


def number_of(seen: os.stat_result) -> str:
    """The device number of a device file, "8:0"."""
    return f"{os.major(seen.st_rdev)}:{os.minor(seen.st_rdev)}"


def _open(name: str, number: str) -> int:
    try:
        handle = os.open(f"/dev/{name}", os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(_reason(name, error), hint="free the disk, or end who holds it", name=name) from error
    seen = os.fstat(handle)
    if stat.S_ISBLK(seen.st_mode) and number_of(seen) == number:
        return handle
    os.close(handle)
    raise Refused(
        f"/dev/{name} is not the block device {number or 'of that name'}",
        hint="let udev make the device files again: udevadm trigger --subsystem-match=block",
        name=name,
    )


def _number(name: str) -> str:
    try:
        return Path(f"/sys/class/block/{name}/dev").read_text().strip()
    except OSError:
        return ""


def _reason(name: str, error: OSError) -> str:
    if error.errno == errno.EBUSY:
        return f"{name} is claimed in the kernel (ZFS, RAID, multipath, a mounted file system)"
    return f"{name} cannot be opened: {error.strerror}"
