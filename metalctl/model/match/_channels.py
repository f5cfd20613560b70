"""Whether every memory channel holds as many modules: one that is left empty costs a share of the bandwidth.

Channels are counted per socket, over the slots that the firmware lists, empty ones too. Slots of a socket that holds no
processor do not count. Modules that do not state their channel leave it UNKNOWN.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from metalctl.model.finding import Finding
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match._frus import of_dimm
from metalctl.model.match._verdicts import judged, plural, reason, unknown
from metalctl.model.profile import MemoryRequirement

NAME = "memory.channels"
Channel = tuple[str, str]


def findings(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    """One finding where the profile asks for it."""
    if not need.channels:
        return
    expected = "every channel holds as many modules"
    if not known(inventory):
        yield unknown(inventory, NAME, expected, "memory.dimms.channel")
        return
    channels = _channels(inventory)
    counts = {channel: len([d for d in slots if d.size > 0]) for channel, slots in channels.items()}
    most = max(counts.values())
    short = [channel for channel, count in counts.items() if count < most]
    empty = [d for channel in short for d in channels[channel] if d.size == 0]
    part = _say(short, empty) if short else ""
    got = f"{plural(len(channels), 'channel')} with {plural(most, 'module')} each"
    if short:
        got = f"{len(short)} of {plural(len(channels), 'channel')} with fewer than {plural(most, 'module')}"
    remedy = f"seat or replace the modules of {part}; a module that is seated was not detected or is mapped out"
    yield judged(inventory, NAME, not short, expected, got, remedy, part, fact="memory.dimms", frus=map(of_dimm, empty))


def known(inventory: Inventory) -> bool:
    """Whether modules are fitted and every slot, empty ones too, states its channel."""
    slots = inventory.memory.dimms
    fitted = any(d.size > 0 for d in slots)
    return fitted and all(d.channel for d in slots) and not reason(inventory, "memory.dimms")


def _channels(inventory: Inventory) -> dict[Channel, list[Dimm]]:
    slots = [d for d in inventory.memory.dimms if d.channel]
    in_use = {d.socket for d in slots if d.size > 0}
    # Fewer processors than sockets: the slots of an empty socket cannot be used. Otherwise a bare socket is the fault.
    if inventory.cpu.sockets is None or len(in_use) < inventory.cpu.sockets:
        in_use = {d.socket for d in slots}
    found: dict[Channel, list[Dimm]] = defaultdict(list)
    for dimm in slots:
        if dimm.socket in in_use:
            found[dimm.socket, dimm.channel].append(dimm)
    return found


def _say(short: list[Channel], empty: list[Dimm]) -> str:
    if slots := [d.slot for d in empty if d.slot]:
        return f"DIMM {', '.join(slots)}"
    return "channel " + ", ".join(f"{socket} {channel}".strip() for socket, channel in short)
