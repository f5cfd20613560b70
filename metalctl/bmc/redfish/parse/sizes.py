"""Sizes that can only be in another unit than the one that Redfish says. They are doubted aloud, never set right.

A doubt is a sentence for people, "" where there is none. The bounds are wide on purpose: no part of today is beyond
them, and a unit that is wrong is wrong by a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the size of a part of some kind can be, in the unit that Redfish says."""

    what: str
    unit: str
    least: float
    most: float

    def doubt(self, value: float | None) -> str:
        """Why the size cannot be right. 0 and what is not stated says nothing, and is not doubted."""
        if not value or self.least <= value <= self.most:
            return ""
        stated = int(value) if value == int(value) else value
        return f"states {stated} {self.unit}, which no {self.what} has: it must be in another unit"


# (least, most). A spinning disk of 30 GB is older than Redfish; the largest drives made have 0.25 PB, disks 0.05.
_DRIVES = {"hdd": (30e9, 120e12), "nvme": (8e9, 400e12), "ssd": (4e9, 400e12)}
_ANY_DRIVE = (1e9, 400e12)
# JEDEC has no smaller modules of these, and twice the largest that is made is the most. Not of HBM, LPDDR and the like.
_MODULES = {"ddr5": (4096, 2**20), "ddr4": (2048, 2**19), "ddr3": (512, 2**17)}
_ANY_MODULE = (1024, 4 * 2**20)
VOLUME = Bounds("volume", "bytes", 1e8, 1e18)
SUPPLY = Bounds("power supply", "W", 20, 100_000)
CLOCK = Bounds("processor", "MHz", 100, 20_000)
TRANSFERS = Bounds("memory module", "MT/s", 100, 50_000)
# Ethernet knows 10, 100, 1000… Mbit/s, and nothing between 10 and 100.
_RATE = Bounds("port", "bit/s", 100e6, 6.4e12)
_TOTAL = 16384
_FAR_OFF = 100


def drive(size: float | None, kind: str) -> str:
    """Bytes of a drive of that kind ("hdd", "ssd", "nvme", "unknown")."""
    least, most = _DRIVES.get(kind, _ANY_DRIVE)
    return Bounds(kind if kind in _DRIVES else "drive", "bytes", least, most).doubt(size)


def module(mib: float | None, kind: str) -> str:
    """MiB of a memory module; kind as Redfish has it ("DDR4", "DDR5_SDRAM", "")."""
    return _of_module(kind.lower()).doubt(mib)


@lru_cache(maxsize=64)
def _of_module(kind: str) -> Bounds:
    family = next((one for one in _MODULES if one in kind and "lp" not in kind), "")
    return Bounds(f"{family.upper()} module" if family else "memory module", "MiB", *_MODULES.get(family, _ANY_MODULE))


def total(gib: float | None, fitted: int, sockets: int | None) -> str:
    """GiB of a machine; fitted: bytes of its modules, 0 when not known."""
    if not gib:
        return ""
    if fitted and not 1 / _FAR_OFF < gib * _GIB / fitted < _FAR_OFF:
        return f"states {gib:.15g} GiB in all, and its modules have {fitted / _GIB:.6g} GiB: one is in another unit"
    return "" if fitted else Bounds("machine of that size", "GiB", 0, _TOTAL * (sockets or 4) - 1).doubt(gib)


def rate(bits: float | None) -> str:
    """Bit/s of a port."""
    return "" if bits == 10e6 else _RATE.doubt(bits)
