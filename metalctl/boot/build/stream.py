"""Read a disk image: its data ranges, its hashes, and its stream of independent zstd frames.

The frames are compressed side by side, one zstd process a CPU, and hashing runs beside them: hashlib and pipes leave
the GIL.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from metalctl.boot.build import blocks
from metalctl.boot.build.blocks import Range

DIGEST = "sha256"
FRAME = 64 << 20  # raw bytes of a frame
CHUNK = 4 << 20
LEVEL = "-6"


@dataclass(frozen=True)
class Packed:
    """A written stream: sizes in bytes, one digest a block, [offset, length, first block, count] a frame."""

    size: int
    sha256: str
    disk_sha256: str
    digests: Sequence[str]
    frames: Sequence[Sequence[int]]


def data_ranges(image: Path) -> list[Range]:
    """Granules of the file that hold anything but zeros; holes of the file are not read."""
    found: list[Range] = []
    with image.open("rb") as source:
        for start, end in extents(source.fileno()):
            for offset in range(start, end, CHUNK):
                chunk = os.pread(source.fileno(), min(CHUNK, end - offset), offset)
                found.extend(blocks.nonzero(chunk, offset))
    return blocks.merge(found)


def extents(descriptor: int) -> Iterator[Range]:
    """(start, end) of the file's allocated extents, widened to granules."""
    size, position = os.fstat(descriptor).st_size, 0
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole is left
            return
        position = os.lseek(descriptor, start, os.SEEK_HOLE)
        start = max(start // blocks.GRANULE * blocks.GRANULE, 0)
        position = min(-(-position // blocks.GRANULE) * blocks.GRANULE, size)
        yield start, position


def write(image: Path, wanted: Sequence[Range], out: Path) -> Packed:
    """Compress the wanted ranges into `out`, and hash disk, ranges and stream."""
    groups = blocks.frames(wanted, FRAME)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool, image.open("rb") as source, out.open("xb") as target:
        whole = pool.submit(_disk_hash, image, wanted)
        total = hashlib.sha256()
        digests: list[str] = []
        offsets = [0]
        jobs = (pool.submit(_frame, source.fileno(), [wanted[n] for n in group]) for group in groups)
        for job in list(jobs):
            packed, hashes = job.result()
            target.write(packed)
            total.update(packed)
            digests.extend(hashes)
            offsets.append(offsets[-1] + len(packed))
        spans = zip(pairwise(offsets), groups, strict=True)
        frames = [[start, end - start, group.start, len(group)] for (start, end), group in spans]
        return Packed(offsets[-1], total.hexdigest(), whole.result(), digests, frames)


def _frame(descriptor: int, ranges: Sequence[Range]) -> tuple[bytes, list[str]]:
    pieces = [os.pread(descriptor, length, offset) for offset, length in ranges]
    hashes = [hashlib.new(DIGEST, piece).hexdigest() for piece in pieces]
    raw = b"".join(pieces)
    command = ["zstd", LEVEL, "-q", "-c", "--check", "--single-thread", f"--stream-size={len(raw)}"]
    packed = subprocess.run(command, input=raw, check=True, capture_output=True).stdout
    return packed, hashes


def _disk_hash(image: Path, wanted: Sequence[Range]) -> str:
    """SHA-256 of the whole disk: what is outside the wanted ranges is zeros, so it is not read."""
    total, zeros = hashlib.sha256(), bytes(CHUNK)
    with image.open("rb", buffering=0) as source:
        position = 0
        for offset, length in (*wanted, (image.stat().st_size, 0)):
            for start in range(position, offset, CHUNK):
                total.update(zeros[: min(CHUNK, offset - start)])
            total.update(os.pread(source.fileno(), length, offset))
            position = offset + length
    return total.hexdigest()
