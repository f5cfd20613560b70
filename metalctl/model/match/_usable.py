"""Whether the kernel can use all the memory that is fitted.

What it counts is held to the sum of the modules, less what it cannot count: the profile's `reserved` (the page
structures alone are 1/64) and 1 GiB for firmware, kernel and crash kernel, which does not grow with the machine; but
beyond the page structures never more than half the smallest module. So a module that the firmware mapped out is caught
in a machine of any size, although it is still listed. Memory of a NUMA node without processors (CXL, HBM, persistent
memory used as memory) must not stand in for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.model import population
from metalctl.model.finding import Finding
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match._frus import of_dimm
from metalctl.model.match._verdicts import judged, source_of
from metalctl.model.profile import MemoryRequirement
from metalctl.model.units import format_size
from metalctl.model.verdict import Verdict

NAME = "memory.usable"
FIXED = 2**30


def findings(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    """One finding, asked only where both sides are known."""
    fitted, listed = list(inventory.memory.modules), inventory.memory.installed
    if need.total is None or not listed or inventory.memory.total is None:
        return
    smallest = min(d.main or d.size for d in fitted or inventory.memory.special)
    floor = listed - min(listed * need.reserved + FIXED, listed / 64 + smallest / 2)
    expected = f"≥ {format_size(floor)} of {format_size(listed)}"
    seen, apart = inventory.memory.total, population.apart(inventory)
    if seen - apart >= floor:
        yield judged(inventory, NAME, True, expected, format_size(seen), "", fact="memory.total")
    elif seen >= floor and not population.explained(inventory, apart):
        yield _whose(inventory, expected, seen - apart, apart)
    else:
        yield _lost(inventory, expected, fitted, listed, min(seen, listed) if seen < floor else seen - apart)


def _whose(inventory: Inventory, expected: str, seen: int, apart: int) -> Finding:
    got = f"{format_size(seen)}, and {format_size(apart)} in NUMA nodes without processors"
    remedy = (
        "nobody can tell whether the memory of the NUMA nodes without processors is DRAM, or CXL or HBM memory that "
        "hides the lack of a module: read the firmware's memory log and numactl --hardware"
    )
    return Finding(NAME, Verdict.UNKNOWN, expected, got, source=source_of(inventory, "memory.total"), remedy=remedy)


def _lost(inventory: Inventory, expected: str, fitted: list[Dimm], listed: int, seen: int) -> Finding:
    suspects = _near(fitted, listed - seen)
    part = f"DIMM {', '.join(suspects)}" if suspects else ""
    remedy = (
        f"{format_size(listed - seen)} of the fitted memory is not usable: a module is mapped out"
        + (f", one of {', '.join(suspects[:8])}" if suspects else "")
        + "; read the firmware's memory log, then reseat or replace the module it names"
    )
    frus = [of_dimm(d) for d in fitted if d.slot in suspects] if part else []
    return judged(inventory, NAME, False, expected, format_size(seen), remedy, part, fact="memory.total", frus=frus)


def _near(fitted: list[Dimm], lost: int) -> list[str]:
    """Slots of the modules whose size would explain the loss (with the page structures that went with it)."""
    reserve = sum(d.size for d in fitted) / 64
    return [d.slot for d in fitted if d.slot and d.size <= lost <= d.size * 1.1 + reserve * 2]
