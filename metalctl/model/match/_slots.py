"""Empty memory slots: where a missing module belongs, or sits without being detected."""

from __future__ import annotations

from metalctl.model.finding import Fru
from metalctl.model.frus import fru
from metalctl.model.inventory import Inventory


def empty(inventory: Inventory) -> tuple[str, tuple[Fru, ...]]:
    """("empty: DIMM A1, A2", the slots one by one); "" where none is listed. As `of` gives parts."""
    bare = [d for d in inventory.memory.dimms if d.size == 0 and d.slot]
    return f"empty: DIMM {', '.join(d.slot for d in bare)}" if bare else "", tuple(map(fru, bare))


def where_to_look(inventory: Inventory) -> str:
    """What to do about a module that is missing."""
    _, bare = empty(inventory)
    if bare:
        shown = ", ".join(one.slot for one in bare[:8]) + (", …" if len(bare) > 8 else "")
        return f"seat or replace modules (empty or not detected: {shown})"
    return "seat or replace modules, and read the firmware's memory log"
