"""The two passes over the disk: `write` the image, then `verify` what the disk gives back. A worker a CPU in both.

The hash of a range is proven by reading it back; zstd's own checksum guards the way in, so nothing is hashed twice.
blocks[0] (partition table and boot code) is returned by `write`, not written: it goes last, when all else is verified.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from metalctl.node.install.device import Device, buffer
from metalctl.node.install.fetch import Source, Stopped, Unpacked
from metalctl.node.install.manifest import LARGEST, Block, Frame, Manifest, ManifestError
from metalctl.node.install.record import REGION

T = TypeVar("T")
Progress = Callable[[int], None]
WORKERS = min(4, len(os.sched_getaffinity(0)))
_ZEROS = bytes(LARGEST)
_SHOWN = 16  # mismatches that are told; one is enough to fail


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A range where the disk returned other data than was written; expected: a digest, or "zeros"."""

    offset: int
    length: int
    expected: str
    got: str


def write(device: Device, manifest: Manifest, source: Source, progress: Progress) -> bytes:
    """Zero what must be zero, write every block but the first, and return that one."""
    for zero in manifest.zeroes:
        for offset, length in outside_record(zero.offset, zero.length):
            device.zero(offset, length)
    first: list[bytes] = []

    def frame(frame: Frame, stop: threading.Event) -> None:
        with Unpacked(source, frame.offset, frame.length) as stream, buffer(LARGEST) as memory:
            for block in manifest.blocks[frame.first : frame.first + frame.count]:
                _leave(stop)
                with memoryview(memory)[: block.length] as view:
                    stream.readinto(view)
                    if block is manifest.blocks[0]:
                        first.append(bytes(view))
                    else:
                        write_block(device, view, block.offset)
                progress(block.length)
            stream.end()

    _parallel(frame, manifest.frames, source.stop)
    return first[0]


def write_block(device: Device, view: memoryview, offset: int) -> None:
    """Write a block, but not over the install record, where an image must hold zeros."""
    end = offset + len(view)
    low, high = max(offset, REGION.offset), min(end, REGION.end)
    if low < high and any(view[low - offset : high - offset]):
        raise ManifestError("the image uses the place of the install record", hint="leave 512 KiB … 520 KiB empty")
    for at, length in outside_record(offset, len(view)):
        with view[at - offset : at - offset + length] as part:
            device.write_view(part, at)


def verify(device: Device, manifest: Manifest, ranges: Iterable[Block], progress: Progress) -> list[Mismatch]:
    """Read ranges from the disk (those without a digest must be zeros); returns where it gave other data, by offset."""
    found: list[Mismatch] = []

    def check(block: Block, stop: threading.Event) -> None:
        if len(found) < _SHOWN:
            _leave(stop)
            found.extend(_differences(device, manifest.digest, block))
            progress(block.length)

    _parallel(check, ranges, threading.Event())
    return sorted(found, key=lambda m: m.offset)[:_SHOWN]


def streamed(manifest: Manifest, offset: int, source: Source) -> str:
    """The digest of the block at `offset` as the stream brings it: tells a bad disk from a bad image."""
    index = next(i for i, b in enumerate(manifest.blocks) if b.offset == offset)
    frame = next(f for f in manifest.frames if f.first <= index < f.first + f.count)
    with Unpacked(source, frame.offset, frame.length) as stream, buffer(LARGEST) as memory:
        for block in manifest.blocks[frame.first : index + 1]:
            with memoryview(memory)[: block.length] as view:
                stream.readinto(view)
                if block.offset == offset:
                    return hashlib.new(manifest.digest, view).hexdigest()
    raise ManifestError("the frames do not cover the blocks", hint="build the image again")


def _differences(device: Device, algorithm: str, block: Block) -> Iterator[Mismatch]:
    with buffer(min(block.length, LARGEST)) as memory:
        for at in range(block.offset, block.end, LARGEST):
            length = min(LARGEST, block.end - at)
            with memoryview(memory)[:length] as view:
                device.read_view(view, at)
                _blank_record(view, at)
                if not block.digest and memory[:length] != (_ZEROS if length == LARGEST else bytes(length)):
                    yield Mismatch(at, length, "zeros", "other bytes")
                if block.digest and (got := hashlib.new(algorithm, view).hexdigest()) != block.digest:
                    yield Mismatch(at, length, f"{algorithm} {block.digest}", f"{algorithm} {got}")


def _blank_record(view: memoryview, offset: int) -> None:
    low, high = max(offset, REGION.offset), min(offset + len(view), REGION.end)
    if low < high:
        view[low - offset : high - offset] = bytes(high - low)


def outside_record(offset: int, length: int) -> list[tuple[int, int]]:
    """The parts of a range that do not lie over the install record, as (offset, length)."""
    end = offset + length
    parts = ((offset, min(end, REGION.offset)), (max(offset, REGION.end), end))
    return [(low, high - low) for low, high in parts if low < high]


def _parallel(work: Callable[[T, threading.Event], None], items: Iterable[T], stop: threading.Event) -> None:
    """Every item through the workers; the first failure stops the others and is raised."""
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(work, item, stop) for item in items]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            stop.set()
            raise
        failures = [e for f in done if (e := f.exception()) is not None]
        if failures:
            stop.set()
            for future in futures:
                future.cancel()
    for failure in failures:
        if not isinstance(failure, Stopped):
            raise failure


def _leave(stop: threading.Event) -> None:
    if stop.is_set():
        raise Stopped
