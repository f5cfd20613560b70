"""How a machine's memory is populated: modules over the sockets and over the channels.

Pure functions of an inventory, for the match and for the check `dimms`. Where labels and BMC tell no socket, the memory
of the NUMA nodes tells whether the sockets hold as much; where nothing tells, the answer is None and not "even".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.slots import placed
from metalctl.model.units import format_size

Channel = tuple[str, str, str]  # socket, node, channel
_DIMM = ("", "persistent")  # what sits in the slots of a channel


def slots(inventory: Inventory) -> tuple[Dimm, ...]:
    """Every slot of a memory channel, empty ones too, with where it is."""
    found = placed(inventory.memory.dimms, inventory.cpu.sockets)
    return tuple(d for d in found if d.technology in _DIMM)


def by_socket(inventory: Inventory) -> dict[str, int]:
    """Socket → how many modules of ordinary memory it holds; {} where they do not all tell their socket."""
    held = Counter(d.socket for d in slots(inventory) if d.size > 0 and not d.technology)
    return {} if "" in held else dict(sorted(held.items()))


def even_sockets(inventory: Inventory) -> tuple[bool | None, str]:
    """Whether every socket holds as many modules, None when nobody can tell; and what is uneven or not known."""
    fitted, sockets, held = list(inventory.memory.modules), inventory.cpu.sockets, by_socket(inventory)
    if len(held) > 1:
        bare = max((sockets or 0) - len(held), 0)
        counts = [f"{count} at {socket}" for socket, count in held.items()]
        none = f"none at {bare} processor{'s' if bare > 1 else ''}"
        said = ", ".join([*counts, none] if bare else counts)
        return not bare and len(set(held.values())) == 1, f"the modules are not even over the sockets ({said})"
    if not sockets:
        return None, "how many processors there are (cpu.sockets) is not stated"
    if held and sockets > 1:
        return False, f"all modules are at socket {min(held)}, and there are {sockets} processors"
    if len(fitted) % sockets:
        return False, f"{len(fitted)} modules cannot be even over {sockets} sockets"
    return (True, "") if sockets == 1 else _by_nodes(inventory, fitted, sockets)


def _by_nodes(inventory: Inventory, fitted: list[Dimm], sockets: int) -> tuple[bool | None, str]:
    listed = [n for n in inventory.numa if n.cpus]
    nodes = {n.node: n.memory for n in listed if n.memory is not None}
    sizes = nodes.values()
    if not sizes or len(nodes) < len(listed) or len(nodes) % sockets:
        return None, "the labels of the slots name no socket"
    if max(sizes) - min(sizes) <= min(d.size for d in fitted) / 2:
        return True, ""
    said = ", ".join(f"{format_size(size)} at node {node}" for node, size in sorted(nodes.items()))
    uneven = f"the memory is not even over the sockets ({said})"
    return (False if len(nodes) == sockets else None), uneven


def channels(inventory: Inventory) -> dict[Channel, list[Dimm]]:
    """Channel → its slots, of the sockets that are in use; {} when not every slot tells its channel."""
    found = slots(inventory)
    if not any(d.size > 0 for d in found) or not all(d.channel for d in found):
        return {}
    in_use = {d.socket for d in found if d.size > 0}
    # Fewer processors than sockets: the slots of an empty socket cannot be used. Otherwise a bare socket is the fault.
    if inventory.cpu.sockets is None or len(in_use) < inventory.cpu.sockets:
        in_use = {d.socket for d in found}
    groups: dict[Channel, list[Dimm]] = defaultdict(list)
    for dimm in found:
        if dimm.socket in in_use:
            groups[dimm.socket, dimm.node, dimm.channel].append(dimm)
    return dict(groups)


def short(groups: dict[Channel, list[Dimm]]) -> tuple[list[Channel], int]:
    """(the channels that hold fewer modules than the fullest, how many that one holds).

    Persistent memory takes a slot: a channel may have some in place of a module, or beside it.
    """
    by_module = {channel: sum(d.size > 0 and not d.technology for d in held) for channel, held in groups.items()}
    by_part = {channel: sum(d.size > 0 for d in held) for channel, held in groups.items()}
    counts = by_module if len(set(by_module.values())) == 1 else by_part
    most = max(counts.values(), default=0)
    return [channel for channel, count in counts.items() if count < most], most


def named(channels: list[Channel], empty: list[Dimm]) -> str:
    """The empty slots of these channels, or their names where no slot is listed as empty."""
    if found := [d.slot for d in empty if d.slot]:
        return f"DIMM {', '.join(found)}"
    return "channel " + ", ".join(" ".join(w for w in channel if w) for channel in channels)


def apart(inventory: Inventory) -> int:
    """The bytes that the kernel counts in NUMA nodes without processors, where others have them."""
    bare = [n.memory or 0 for n in inventory.numa if not n.cpus]
    return sum(bare) if len(bare) < len(inventory.numa) else 0


def explained(inventory: Inventory, apart: int) -> bool:
    """Whether the special memory that is listed (CXL, HBM, persistent) can be all that lies apart."""
    return apart <= sum(d.size - d.main for d in inventory.memory.special)


def suspects(fitted: Iterable[Dimm], lost: int, listed: int) -> list[Dimm]:
    """The modules of which one would explain so many lost bytes of those that are listed.

    With a module the kernel loses the page structures of its memory too.
    """
    return [d for d in fitted if d.slot and d.size <= lost <= d.size * 1.1 + listed / 32]
