"""The install record: how often, for which enrollment and with which image metalctl wrote this disk, kept on the disk.

It lies at byte 512 KiB, between the partition table and the first partition, where no image writes: 4 KiB of
`{"sha256": ..., "record": {...}}` and zeros, and a copy 4 KiB further. The first is written and flushed before the
copy, so a power cut leaves one of them whole. It is what makes "the second install" visible even when the node lost
all else.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Protocol

from metalctl.model.codec import DecodeError, decode, encode
from metalctl.node.errors import NodeError

OFFSET = 512 * 1024
SLOT = 4096
_HISTORY = 8


@dataclass(frozen=True, slots=True)
class Region:
    """A range of bytes that an image may not touch."""

    offset: int
    end: int


REGION = Region(OFFSET, OFFSET + 2 * SLOT)


class Storage(Protocol):
    """What the record is kept on."""

    def read(self, offset: int, length: int) -> bytes: ...
    def write(self, data: bytes, offset: int) -> None: ...
    def flush(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Record:
    """state: "writing" from before the first byte until all is verified and seeded, then "complete".

    count: installations begun on this disk by metalctl. disk_serial: a cloned disk carries another's. history: the
    last few.
    """

    count: int
    enrollment: str
    run_id: str
    state: str
    image_sha256: str
    disk_serial: str
    boot_id: str
    started: str
    finished: str = ""
    bytes_written: int = 0
    history: tuple[str, ...] = ()

    def holds(self, enrollment: str, run_id: str, image_sha256: str) -> bool:
        """Whether this run brought this installation to its end."""
        stated = (self.state, self.enrollment, self.run_id, self.image_sha256)
        return stated == ("complete", enrollment, run_id, image_sha256)


def load(storage: Storage, disk_serial: str) -> Record | None:
    """The record of this disk; None when it has none, or one of another disk (a clone)."""
    for slot in range(2):
        record = _unpack(storage.read(OFFSET + slot * SLOT, SLOT))
        if record is not None:
            return record if record.disk_serial == disk_serial else None
    return None


def save(storage: Storage, record: Record) -> None:
    """Write the record and its copy, each flushed."""
    packed = _pack(record)
    for slot in range(2):
        storage.write(packed, OFFSET + slot * SLOT)
        storage.flush()


def following(before: Record | None, new: Record) -> Record:
    """`new` as the installation after `before`: counted, with what was before in its history."""
    if before is None:
        return replace(new, count=1, history=())
    line = f"{before.count} {before.enrollment} {before.run_id} {before.state} {before.started}"
    return replace(new, count=before.count + 1, history=(*before.history, line)[-_HISTORY:])


def _pack(record: Record) -> bytes:
    body = json.dumps(encode(record), separators=(",", ":"), sort_keys=True)
    packed = json.dumps({"sha256": _digest(body), "record": body}).encode()
    if len(packed) > SLOT:
        raise NodeError("the install record does not fit in 4 KiB", hint="shorten the run id or enrollment id")
    return packed.ljust(SLOT, b"\0")


def _unpack(raw: bytes) -> Record | None:
    try:
        packed = json.loads(raw.rstrip(b"\0"))
        body = packed["record"]
        return decode(Record, json.loads(body)) if _digest(body) == packed["sha256"] else None
    except (ValueError, KeyError, TypeError, AttributeError, DecodeError):
        return None


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
