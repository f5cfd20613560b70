"""Whether a disk is empty, by reading it: its first and last 16 MiB and 256 places between, or all of it.

Only zeros are nothing. Whatever else is read is somebody's data until a person says otherwise: database pages and
encrypted disks without a header have no signature that a tool could know. That holds for 0xFF and for patterns too,
which an erased flash drive or a wiping tool leaves: the result says so, but what the disk was is not ours to guess.

The places are one at random in each of 256 equal parts, in rising order: some seconds on a hard disk.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from metalctl.node.errors import NodeError
from metalctl.node.install.device import Device, buffer

EDGE = 16 * 2**20
PLACES = 256
PLACE = 256 * 2**10
DEADLINE = 60.0  # seconds for a sample; a hard disk needs 5
_CHUNK = 4 * 2**20
_ALIGN = 4096  # of the largest sectors in use, so that direct I/O is allowed
_ZEROS = bytes(_CHUNK)  # comparing is ten times as quick as counting, and disks are read side by side
_GPT = b"EFI PART"
Progress = Callable[[int], None]


@dataclass(slots=True)
class Sample:
    """What was read. read: bytes. places, filled: ranges, and those that hold anything but zeros; first: byte.

    tables: sizes of sectors for which there is a GPT. byte: the one value of every byte, None when they differ.
    """

    full: bool
    read: int = 0
    places: int = 0
    filled: int = 0
    first: int = -1
    byte: int | None = None
    tables: set[int] = field(default_factory=set)

    def add(self, offset: int, data: bytes, size: int) -> None:
        """Judge one range of a disk of that size."""
        value = 0 if data == _ZEROS[: len(data)] else data[0] if data.count(data[:1]) == len(data) else None
        self.byte = value if not self.places or self.byte == value else None
        self.places, self.read = self.places + 1, self.read + len(data)
        if value == 0:
            return
        self.filled += 1
        if self.first < 0:
            self.first = offset + len(data) - len(data.lstrip(b"\0"))
        self.tables.update(_tables(data, offset, size))

    @property
    def data(self) -> str:
        """What is on it, in words; "" when all that was read is zeros."""
        if not self.filled:
            return ""
        if self.byte is not None:
            like = "an erased flash drive may read so" if self.byte == 0xFF else "a wiping tool may have left it"
            return f"data of unknown kind (every byte read is 0x{self.byte:02X}: {like})"
        return f"data of unknown kind ({self.filled} of {self.places} places read, the first at byte {self.first})"

    @property
    def extent(self) -> str:
        if self.full:
            return f"all {self.read} bytes read"
        return f"{self.read // 2**20} MiB read: first and last {EDGE // 2**20} MiB, {PLACES} random places"


def take(device: Device, *, full: bool = False, progress: Progress | None = None) -> Sample:
    """Read the sample, or with `full` the whole disk up to the first byte that is not zero.

    progress: called with the bytes of each range. Raises DeviceFailed for a range that cannot be read, NodeError when
    the sample takes too long.
    """
    ranges = list(_whole(0, device.size) if full or device.size <= 2 * EDGE + PLACES * PLACE else _spread(device.size))
    sample, until = Sample(full or sum(n for _, n in ranges) == device.size), time.monotonic() + DEADLINE
    with buffer(_CHUNK) as memory:
        for offset, length in ranges:
            with memoryview(memory)[:length] as view:
                device.read_view(view, offset)
            sample.add(offset, memory[:length], device.size)
            if progress:
                progress(length)
            if full and sample.filled:
                break
            if not full and time.monotonic() > until:
                raise NodeError(
                    f"{device.path}: only {sample.places} of {len(ranges)} places could be read in {DEADLINE:.0f} s",
                    hint="look at the disk's health (smartctl -a) and the kernel log: it is failing or very slow",
                )
    return sample


def _whole(start: int, end: int) -> Iterator[tuple[int, int]]:
    return ((at, min(_CHUNK, end - at)) for at in range(start, end, _CHUNK))


def _spread(size: int) -> Iterator[tuple[int, int]]:
    """(offset, length): both edges and a place in each part between; in rising order."""
    tail = (size - EDGE) // _ALIGN * _ALIGN
    part = (tail - EDGE) / PLACES
    yield from _whole(0, EDGE)
    for number in range(PLACES):
        low = EDGE + int(number * part)
        yield (low + secrets.randbelow(max(1, int(part) - PLACE))) // _ALIGN * _ALIGN, PLACE
    yield from _whole(tail, size)


def _tables(data: bytes, offset: int, size: int) -> Iterator[int]:
    """A GPT is in the second sector and in the last, so where it is says for which sectors it was made."""
    for sector in (512, 4096):
        places = (place - offset for place in (sector, size - sector))
        if any(at >= 0 and data[at : at + len(_GPT)] == _GPT for at in places):
            yield sector
