"""What is remembered of a BMC between two sweeps: the last inventory, and by what to tell that nothing has changed.

The witnesses are the system (with its BIOS settings, where $expand works), the list of its storage subsystems and its
chassis: the ETag of each, and a digest of its body for BMCs without ETags. A BMC that changes one of them when a part
goes, comes or fails is told apart; what no witness shows is missed until the record is older than `MOST_AGE`, or until
somebody asks for a fresh reading: readings of sensors, new log entries, a link that came up, a firmware of an adapter
that was updated without a reboot, a swapped DIMM on a BMC whose system resource says nothing of it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from metalctl.bmc.redfish.schema.links import Witness
from metalctl.model.codec import DecodeError, decode, encode
from metalctl.model.inventory import Inventory

MOST_AGE = 24 * 3600.0
_LARGEST = 16 * 2**20
_FORMAT = 3  # 2: before power and health were told


@dataclass(frozen=True, slots=True)
class Remembered:
    """fingerprint: of the certificate. system: its path. sessions: where one logs in, "" for Basic only.

    basic: whether Basic authentication was accepted. lies: where $expand is not honoured. at: seconds since the epoch
    when the inventory was read. packed: the inventory, compressed. alone: it is the only system of its BMC. power,
    health: of the system, "" when it does not state them.
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
    power: str = ""
    health: str = ""
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
    """Where it is kept, by the BMC's address (and system): a dict, or the store of the service."""

    def get(self, key: str, /) -> Remembered | None:
        """What is known, None when nothing is, or nothing that can be read."""

    def __setitem__(self, key: str, known: Remembered, /) -> None:
        """Remember it in place of what was known."""


def kept(known: Remembered) -> dict[str, Any]:
    """As JSON; it holds no secret, but serial numbers."""
    told: dict[str, Any] = encode(known)
    return told


def recalled(value: object) -> Remembered | None:
    """The reverse; what is damaged, or of another version, is as good as none."""
    try:
        known = decode(Remembered, value)
    except (DecodeError, RecursionError):
        return None
    return known if known.format == _FORMAT else None
