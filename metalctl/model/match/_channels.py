"""Whether every memory channel holds as many modules: one that is left empty costs a share of the bandwidth.

Channels are counted per socket (and node within it), over the slots that the firmware lists, empty ones too. Slots of a
socket that holds no processor do not count. Slots that do not tell their channel leave it UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.model import population
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match._frus import of_dimm
from metalctl.model.match._verdicts import judged, plural, reason, unknown
from metalctl.model.profile import MemoryRequirement

NAME = "memory.channels"


def findings(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    """One finding where the profile asks for it."""
    if not need.channels:
        return
    expected = "every channel holds as many modules"
    if not known(inventory):
        yield unknown(inventory, NAME, expected, "memory.dimms.channel")
        return
    groups = population.channels(inventory)
    short, most = population.short(groups)
    empty = [d for channel in short for d in groups[channel] if d.size == 0]
    part = population.named(short, empty) if short else ""
    got = f"{plural(len(groups), 'channel')} with {plural(most, 'module')} each"
    if short:
        got = f"{len(short)} of {plural(len(groups), 'channel')} with fewer than {plural(most, 'module')}"
    remedy = f"seat or replace the modules of {part}; a module that is seated was not detected or is mapped out"
    yield judged(inventory, NAME, not short, expected, got, remedy, part, fact="memory.dimms", frus=map(of_dimm, empty))


def known(inventory: Inventory) -> bool:
    """Whether modules are fitted and every slot, empty ones too, tells its channel."""
    return bool(population.channels(inventory)) and not reason(inventory, "memory.dimms")
