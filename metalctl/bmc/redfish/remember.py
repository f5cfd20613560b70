"""What is remembered of a BMC between two sweeps: the last inventory, and by what to tell that nothing has changed.

The witnesses are the system (with its BIOS settings, where $expand works), the list of its storage subsystems and its
chassis: the ETag of each, and a digest of its body for BMCs without ETags. A BMC that changes one of them when a part
goes, comes or fails is told apart; what no witness shows is missed until the record is older than `MOST_AGE`, or until
somebody asks for a fresh reading: readings of sensors, new log entries, a link that came up, a firmware of an adapter
that was updated without a reboot, a swapped DIMM on a BMC whose system resource says nothing of it.
"""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import orjson

from metalctl.bmc.redfish.links import Witness
from metalctl.model.codec import DecodeError, decode, encode
from metalctl.model.inventory import Inventory

MOST_AGE = 24 * 3600.0
_LARGEST = 16 * 2**20
_FORMAT = 2  # 1: before what is listed and cannot be read was told


@dataclass(frozen=True, slots=True)
class Record:
    """fingerprint: of the certificate. system: its path. sessions: where one logs in, "" for Basic only.

    basic: whether Basic authentication was accepted. lies: where $expand is not honoured. at: seconds since the epoch
    when the inventory was read. packed: the inventory, compressed. alone: it is the only system of its BMC.
    """

    fingerprint: str
    system: str
    sessions: str
    basic: bool
    lies: tuple[str, ...]
    witnesses: tuple[Witness, ...]
    at: float
    packed: str
    alone: bool = True
    format: int = _FORMAT

    def inventory(self) -> Inventory:
        """The inventory as it was read then; raises DecodeError."""
        return unpack(self.packed)


def pack(inventory: Inventory) -> str:
    """The inventory as compressed JSON, a tenth of its size."""
    return zlib.compress(orjson.dumps(inventory), 1).hex()


def unpack(packed: str) -> Inventory:
    """The reverse; raises DecodeError for anything that `pack` did not make."""
    try:
        body = zlib.decompressobj().decompress(bytes.fromhex(packed), _LARGEST)
        return decode(Inventory, json.loads(body))
    except (ValueError, zlib.error, RecursionError) as error:
        raise DecodeError(f"a remembered inventory cannot be read: {error}") from None


class Memory(Protocol):
    """Where records are kept, by the BMC's address (and system)."""

    def recall(self, key: str) -> Record | None:
        """The record, None when there is none, or none that can be read."""

    def keep(self, key: str, record: Record) -> None:
        """Remember it in place of an earlier one."""


@dataclass(slots=True)
class InProcess:
    """For sweeps in one process: some 10 KB a BMC."""

    records: dict[str, Record] = field(default_factory=dict)

    def recall(self, key: str) -> Record | None:
        """See Memory."""
        return self.records.get(key)

    def keep(self, key: str, record: Record) -> None:
        """See Memory."""
        self.records[key] = record


@dataclass(frozen=True, slots=True)
class InFolder:
    """One file a BMC, readable by the owner only. It holds no secret, but serial numbers."""

    folder: Path

    def recall(self, key: str) -> Record | None:
        """See Memory. A damaged file, or one of another version, is as good as none."""
        try:
            record = decode(Record, json.loads(self._file(key).read_bytes()))
        except (OSError, ValueError, DecodeError, RecursionError):
            return None
        return record if record.format == _FORMAT else None

    def keep(self, key: str, record: Record) -> None:
        """See Memory. The file is replaced in one step."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".new-")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(encode(record), file)
            Path(name).replace(self._file(key))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _file(self, key: str) -> Path:
        return self.folder / f"{sha256(key.encode()).hexdigest()[:32]}.json"
