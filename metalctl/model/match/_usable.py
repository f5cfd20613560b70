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
from metalctl.model.frus import fru
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match._asked import Asked
from metalctl.model.units import format_size

FIXED = 2**30
_WHOSE = (
    "the memory of the NUMA nodes without processors may be CXL or HBM memory that hides a missing module: read the "
    "firmware's memory log and numactl --hardware"
)


def findings(inventory: Inventory, reserved: float) -> Iterator[Finding]:
    """One finding, only where both sides are known."""
    fitted, listed, seen = list(inventory.memory.modules), inventory.memory.installed, inventory.memory.total
    if not listed or seen is None:
        return
    smallest = min(d.main or d.size for d in fitted or inventory.memory.special)
    floor = listed - min(listed * reserved + FIXED, listed / 64 + smallest / 2)
    asked = Asked(inventory, "memory.usable", f"≥ {format_size(floor)} of {format_size(listed)}", "memory.total")
    apart = population.apart(inventory)
    if seen - apart >= floor:
        yield asked.judged(True, format_size(seen), "")
    elif seen >= floor and not population.explained(inventory, apart):
        got = f"{format_size(seen - apart)}, and {format_size(apart)} in NUMA nodes without processors"
        yield asked.unsure(got, _WHOSE)
    else:
        yield _lost(asked, fitted, listed, min(seen, listed) if seen < floor else seen - apart)


def _lost(asked: Asked, fitted: list[Dimm], listed: int, seen: int) -> Finding:
    suspects = population.suspects(fitted, listed - seen, sum(d.size for d in fitted))
    named = [d.slot for d in suspects]
    remedy = (
        f"{format_size(listed - seen)} of the fitted memory is not usable: a module is mapped out"
        + (f", one of {', '.join(named[:8])}" if named else "")
        + "; read the firmware's memory log, then reseat or replace the module it names"
    )
    part = f"DIMM {', '.join(named)}" if named else ""
    return asked.judged(False, format_size(seen), remedy, part, map(fru, suspects))
