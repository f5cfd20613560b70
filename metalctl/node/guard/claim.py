"""The exclusive open: whoever holds it is the only one in the kernel who can use the disk or a partition of it.

While it is open the kernel gives neither the disk's name nor its number to another disk, so what was found out about
the disk holds until it is closed. It writes nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from metalctl.node.errors import Refused


class Claim:
    """An exclusive open of a block device by its kernel name; a context manager. Raises Refused when it is taken.

    path: its device file, which is the device of that number. number: as in /sys, "8:0".
    """

    def __init__(self, name: str, number: str = "") -> None:
        self.path, self.number = f"/dev/{name}", number or _number(name)
        try:
            self._fd = os.open(self.path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise Refused(_reason(name, error), hint="free the disk, or end who holds it", name=name) from error
        if not self._is_the_device():
            self.close()
            raise Refused(
                f"{self.path} is not the block device {self.number or 'of that name'}",
                hint="let udev make the device files anew: udevadm trigger --subsystem-match=block",
                name=name,
            )

    def close(self) -> None:
        """Give it back; a second time does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_the_device(self) -> bool:
        seen = os.fstat(self._fd)
        return stat.S_ISBLK(seen.st_mode) and number_of(seen) == self.number


def claimed(name: str) -> str:
    """Why a block device cannot be claimed, as a sentence; "" when it can, and then it is free again."""
    try:
        Claim(name).close()
    except Refused as refused:
        return refused.message
    return ""


def number_of(seen: os.stat_result) -> str:
    """The device number of a device file, "8:0"."""
    return f"{os.major(seen.st_rdev)}:{os.minor(seen.st_rdev)}"


def _number(name: str) -> str:
    try:
        return Path(f"/sys/class/block/{name}/dev").read_text().strip()
    except OSError:
        return ""


def _reason(name: str, error: OSError) -> str:
    if error.errno == errno.EBUSY:
        return f"{name} is claimed in the kernel (ZFS, RAID, multipath, a mounted file system)"
    return f"{name} cannot be opened: {error.strerror}"
