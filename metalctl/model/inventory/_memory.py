"""Memory, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dimm:
    """A populated or empty memory slot; size 0 means empty. corrected, uncorrected: errors since boot, by EDAC.

    technology: "" for ordinary memory (DRAM), "persistent" (NVDIMM, Optane), "hbm", "cxl". volatile, cache: the bytes
    that serve as main memory and as a cache of other memory, where it states them. node: a memory controller or cluster
    within the socket, where channels are counted anew in each.
    """

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
    node: str = ""
    technology: str = ""
    volatile: int | None = None
    cache: int | None = None

    @property
    def main(self) -> int:
        """The bytes that it adds to main memory: none of a cache, and of persistent memory only what is volatile."""
        if self.technology == "persistent":
            return min(self.volatile or 0, self.size)
        return 0 if self.technology or (self.cache or 0) >= self.size else self.size


@dataclass(frozen=True, slots=True)
class Memory:
    """total: what the kernel (or the BMC) counts; dimms: by slot; ecc: None when not stated."""

    total: int | None = None
    dimms: tuple[Dimm, ...] = ()
    ecc: bool | None = None

    @property
    def modules(self) -> tuple[Dimm, ...]:
        """The fitted modules of ordinary memory. A machine without any runs from its stacked memory (HBM) alone."""
        fitted = [d for d in self.dimms if d.size > 0]
        return tuple(d for d in fitted if not d.technology) or tuple(d for d in fitted if d.technology == "hbm")

    @property
    def installed(self) -> int:
        """The bytes of main memory that the parts add up to; 0 when none is listed. See `Dimm.main`."""
        return sum(d.main for d in self.dimms) or sum(d.size for d in self.modules if d.technology)

    @property
    def special(self) -> tuple[Dimm, ...]:
        """The fitted parts that are no ordinary memory: persistent, stacked (HBM) and CXL."""
        return tuple(d for d in self.dimms if d.size > 0 and d.technology)
