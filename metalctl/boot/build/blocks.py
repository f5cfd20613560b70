"""Which ranges of a disk image must be written, which must be zero, and which do not matter. Pure functions.

A range is (offset, length) in bytes; a list of ranges is ascending and disjoint. The arithmetic works on any such
lists; the image uses granules of 64 KiB, so that everything is a multiple of 4096.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]

GRANULE = 64 << 10  # the finest hole that is looked for
GAP = 256 << 10  # a hole shorter than this costs more as a range of its own than as zeros in the stream
LIMIT = 16 << 20  # the longest block: what a writer holds in memory
FIRST = 1 << 20  # the first block ends here: partition table and boot code, written last


def nonzero(chunk: bytes, offset: int, granule: int = GRANULE) -> Iterator[Range]:
    """The granules of `chunk` (which starts at `offset` of the disk) that hold anything but zeros."""
    for start in range(0, len(chunk), granule):
        piece = chunk[start : start + granule]
        if piece.count(0) != len(piece):
            yield offset + start, len(piece)


def merge(ranges: Iterable[Range], gap: int = 0) -> list[Range]:
    """Ascending ranges with those joined that lie at most `gap` bytes apart."""
    merged: list[Range] = []
    for offset, length in ranges:
        if merged and offset - sum(merged[-1]) <= gap:
            merged[-1] = (merged[-1][0], offset + length - merged[-1][0])
        else:
            merged.append((offset, length))
    return merged


def split(ranges: Iterable[Range], limit: int = LIMIT, first: int = FIRST) -> list[Range]:
    """Ranges cut so that none is longer than `limit` and none crosses `first`."""
    pieces: list[Range] = []
    for offset, length in ranges:
        end = offset + length
        while offset < end:
            step = min(limit, end - offset, first - offset if offset < first else limit)
            pieces.append((offset, step))
            offset += step
    return pieces


def subtract(ranges: Iterable[Range], holes: Sequence[Range]) -> list[Range]:
    """What is in `ranges` and not in `holes`."""
    left: list[Range] = []
    index = 0
    for offset, length in ranges:
        end = offset + length
        while index and sum(holes[index - 1]) > offset:
            index -= 1
        while index < len(holes) and holes[index][0] < end:
            hole, hole_end = holes[index][0], sum(holes[index])
            if hole > offset:
                left.append((offset, hole - offset))
            offset = max(offset, hole_end)
            index += 1
        if offset < end:
            left.append((offset, end - offset))
    return left


def shrink(ranges: Iterable[Range], granule: int = GRANULE) -> list[Range]:
    """Ranges cut back to whole granules; what holds no whole one is dropped."""
    inner = ((-(-offset // granule) * granule, (offset + length) // granule * granule) for offset, length in ranges)
    return [(start, end - start) for start, end in inner if end > start]


def plan(data: Iterable[Range], free: Sequence[Range], size: int) -> tuple[list[Range], list[Range]]:
    """(blocks, zeroes) of a disk of `size` bytes with content at `data` and free space, which nobody reads, at `free`.

    Every byte outside `free` is in exactly one of the two.
    """
    joined = merge(data, GAP)
    zeroes = subtract(subtract([(0, size)], joined), shrink(free))
    return split(joined), merge(zeroes)


def frames(blocks: Sequence[Range], target: int) -> list[range]:
    """Consecutive block numbers whose lengths add up to at least `target` bytes (the last group to what is left)."""
    groups: list[range] = []
    start = total = 0
    for number, (_, length) in enumerate(blocks, start=1):
        total += length
        if total >= target:
            groups.append(range(start, number))
            start, total = number, 0
    if start < len(blocks):
        groups.append(range(start, len(blocks)))
    return groups


def free_blocks(dumpe2fs: str, block_size: int) -> list[Range]:
    """The free ranges that `dumpe2fs` prints for each group, in bytes from the start of the file system."""
    found: list[Range] = []
    for line in dumpe2fs.splitlines():
        name, _, value = line.strip().partition(":")
        if name == "Free blocks" and not line[:1].strip():  # the indented line of a group, not the total at the top
            for span in filter(None, (part.strip() for part in value.split(","))):
                first, _, last = span.partition("-")
                found.append((int(first) * block_size, (int(last or first) - int(first) + 1) * block_size))
    return merge(sorted(found))
