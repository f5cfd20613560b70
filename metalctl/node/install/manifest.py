"""The image manifest of decision 0003 as typed values, checked before a byte is written.

Blocks and zero ranges are in bytes, ascending, disjoint, multiples of 4096 and within the image. No partition lies
over the place of the install record (`metalctl.node.install.record.REGION`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metalctl.node.errors import NodeError
from metalctl.node.install.record import REGION

ALIGN = 4096
LARGEST = 16 * 2**20


class ManifestError(NodeError):
    """The manifest is not what decision 0003 says."""


@dataclass(frozen=True, slots=True)
class Block:
    """A range that is sent, and the digest of its content."""

    offset: int
    length: int
    digest: str = ""

    @property
    def end(self) -> int:
        return self.offset + self.length

    @property
    def uneven(self) -> bool:
        """Whether it is empty, or not of whole aligned pages."""
        return self.length <= 0 or bool(self.offset % ALIGN or self.length % ALIGN)


@dataclass(frozen=True, slots=True)
class Frame:
    """One zstd frame of the stream: where it is, and which blocks are in it."""

    offset: int
    length: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of the image, in bytes."""

    number: int
    role: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The image: sha256 is its identity, `stream` the file beside the manifest."""

    os: str
    version: str
    sha256: str
    digest: str
    size: int
    blocks: tuple[Block, ...]
    zeroes: tuple[Block, ...]
    frames: tuple[Frame, ...]
    partitions: tuple[Partition, ...]
    stream: str

    @property
    def data_size(self) -> int:
        """Bytes that are written from the stream."""
        return sum(b.length for b in self.blocks)

    def partition(self, role: str) -> Partition:
        """The partition of that role; raises ManifestError when the image has none."""
        for partition in self.partitions:
            if partition.role == role:
                return partition
        raise ManifestError(f"the image {self.os} has no {role} partition", hint="build the image again")


def parse(data: dict[str, Any]) -> Manifest:
    """The manifest from manifest.json as data. Raises ManifestError naming what is wrong."""
    try:
        manifest = _build(data)
    except (KeyError, TypeError, ValueError) as bad:
        raise ManifestError(f"the image manifest cannot be read: {bad!r}", hint="build the image again") from bad
    _check(manifest)
    return manifest


def _build(data: dict[str, Any]) -> Manifest:
    if data["format"] != 1 or data["stream"]["format"] != "zstd":
        raise ValueError(f"format {data['format']}, stream {data['stream']['format']}")
    hashlib.new(data["digest"])
    return Manifest(
        os=data["os"],
        version=data["version"],
        sha256=data["sha256"],
        digest=data["digest"],
        size=data["virtual_size"],
        blocks=tuple(Block(o, n, d) for o, n, d in data["blocks"]),
        zeroes=tuple(Block(o, n) for o, n in data["zeroes"]),
        frames=tuple(Frame(*f) for f in data["stream"]["frames"]),
        partitions=tuple(Partition(p["number"], p["role"], p["start"], p["size"]) for p in data["partitions"]),
        stream=data["stream"]["file"],
    )


def _check(manifest: Manifest) -> None:
    if wrong := next(_wrong(manifest), ""):
        raise ManifestError(wrong, hint="build the image again")


def _wrong(manifest: Manifest) -> Iterator[str]:
    """What is wrong with its ranges, frames and partitions."""
    for what, ranges in (("blocks", manifest.blocks), ("zeroes", manifest.zeroes)):
        yield from (f"{what} has a bad range at {r.offset}, length {r.length}" for r in _bad(ranges, manifest.size))
    if any(b.length > LARGEST for b in manifest.blocks):
        yield f"a block is larger than {LARGEST} bytes"
    if not manifest.blocks or manifest.blocks[0].offset != 0:
        yield "blocks[0] must be the start of the disk"
    listed = [i for f in manifest.frames for i in range(f.first, f.first + f.count)]
    if listed != list(range(len(manifest.blocks))):
        yield "the frames do not cover the blocks in order"
    if any(p.start < REGION.end for p in manifest.partitions):
        yield "a partition lies where the install record is kept (before 1 MiB)"


def _bad(ranges: tuple[Block, ...], size: int) -> Iterator[Block]:
    """Those that overlap the one before, are uneven or end beyond the image."""
    ends = [0, *(r.end for r in ranges)]
    return (r for r, end in zip(ranges, ends, strict=False) if r.offset < end or r.end > size or r.uneven)
