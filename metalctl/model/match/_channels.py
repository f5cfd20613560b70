"""Whether every memory channel holds as many modules: one that is left empty costs a share of the bandwidth.

Channels are counted per socket (and node within it), over the slots that the firmware lists, empty ones too. Slots of a
socket that holds no processor do not count. Slots that do not tell their channel leave it UNKNOWN.
"""

from __future__ import annotations

from metalctl.model import population
from metalctl.model.finding import Finding
from metalctl.model.frus import fru
from metalctl.model.inventory import Inventory
from metalctl.model.match._asked import Asked
from metalctl.model.match._lists import reason
from metalctl.model.match._words import plural


def finding(inventory: Inventory) -> Finding:
    """The finding `memory.channels`."""
    asked = Asked(inventory, "memory.channels", "every channel holds as many modules", "memory.dimms.channel")
    if not known(inventory):
        return asked.unknown()
    groups = population.channels(inventory)
    short, most = population.short(groups)
    empty = [d for channel in short for d in groups[channel] if d.size == 0]
    part = population.named(short, empty) if short else ""
    of_all, each = plural(len(groups), "channel"), plural(most, "module")
    got = f"{len(short)} of {of_all} with fewer than {each}" if short else f"{of_all} with {each} each"
    remedy = f"seat or replace the modules of {part}; a module that is seated was not detected or is mapped out"
    return asked.judged(not short, got, remedy, part, map(fru, empty))


def known(inventory: Inventory) -> bool:
    """Whether modules are fitted and every slot, empty ones too, tells its channel."""
    return bool(population.channels(inventory)) and not reason(inventory, "memory.dimms")
