"""Memory, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dimm:
    """A populated or empty memory slot; size 0 means empty. corrected, uncorrected: errors since boot, by EDAC."""

    slot: str
    size: int
    type: str = ""
    speed_mts: int | None = None
    configured_mts: int | None = None
    manufacturer: str = ""
    part_number: str = ""
    serial: str = ""
    rank: int | None = None
    channel: str = ""
    socket: str = ""
    health: str = ""
    corrected: int | None = None
    uncorrected: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """total: what the kernel (or the BMC) counts; dimms: by slot; ecc: None when not stated."""

    total: int | None = None
    dimms: tuple[Dimm, ...] = ()
    ecc: bool | None = None
