"""Empty memory slots: where a missing module belongs, or sits without being detected."""

from __future__ import annotations

from metalctl.model.finding import Fru
from metalctl.model.inventory import Inventory
from metalctl.model.match._frus import of_dimm


def empty_frus(inventory: Inventory) -> list[Fru]:
    """The empty slots, one by one."""
    return [of_dimm(d) for d in inventory.memory.dimms if d.size == 0 and d.slot]


def empty(inventory: Inventory) -> str:
    """ "empty: DIMM A1, A2"; "" where none is listed."""
    slots = [d.slot for d in inventory.memory.dimms if d.size == 0 and d.slot]
    return f"empty: DIMM {', '.join(slots)}" if slots else ""


def where_to_look(inventory: Inventory) -> str:
    """What to do about a module that is missing."""
    slots = [d.slot for d in inventory.memory.dimms if d.size == 0 and d.slot]
    if slots:
        shown = ", ".join(slots[:8]) + (", …" if len(slots) > 8 else "")
        return f"seat or replace modules (empty or not detected: {shown})"
    return "seat or replace modules, and read the firmware's memory log"
