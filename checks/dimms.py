"""DIMM population: every module of one size, rank and speed, as many on each socket, and as many on each channel.

Profile:
    checks:
      dimms: {count: 16, balanced: true}
Limits: count (exact) optional; balanced true by default. An unbalanced population halves the bandwidth of a channel.
channels: true asks that the labels of the slots name every channel; without it, channels are compared where they do.
Leaves: count, the odd modules by slot with what differs from the rest, and which channels the labels name.
Persistent, stacked (HBM) and CXL memory is not counted among the modules; UNKNOWN where nothing names the sockets.
Source: DMI type 17; the memory of the NUMA nodes where no label names its socket.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from metalctl.model import population
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.units import format_size
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="memory",
    estimate="1 s",
    limits={"count": None, "balanced": True, "channels": None},
    remedy="move or replace the modules named until all channels carry the same",
)
def test_dimms(machine: Inventory, limits: Any, measure: Any, evidence: Any) -> None:
    dimms = machine.memory.modules
    if not dimms:
        raise ToolFailed("the firmware lists no DIMM", hint="run dmidecode -t 17 as root")
    measure("count", len(dimms), at_least=limits.count, at_most=limits.count)
    evidence["channels"] = len(population.channels(machine)) or "not in the labels of the slots"
    odd = (_odd(dimms) + _uneven(machine)) if limits.balanced else []
    assert not odd, "; ".join(odd)
    _told(machine, limits)


def _odd(dimms: tuple[Dimm, ...]) -> list[str]:
    """Modules that are not as most are."""
    usual = Counter(map(_traits, dimms)).most_common(1)[0][0]
    return [f"{d.slot} is {_traits(d)}, most are {usual}" for d in dimms if _traits(d) != usual]


def _traits(dimm: Dimm) -> str:
    rank = f" rank {dimm.rank}" if dimm.rank else ""
    return f"{format_size(dimm.size)}{rank}" + (f" at {dimm.configured_mts} MT/s" if dimm.configured_mts else "")


def _uneven(machine: Inventory) -> list[str]:
    even, why = population.even_sockets(machine)
    counts = [f"{count} on {socket}" for socket, count in population.by_socket(machine).items()]
    sockets = f"sockets carry {', '.join(counts)}" if len(counts) > 1 else why
    short, most = population.short(population.channels(machine))
    channels = [f"{population.named(short, [])} carries fewer than {most}"] if short else []
    return [sockets, *channels] if even is False else channels


def _told(machine: Inventory, limits: Any) -> None:
    """UNKNOWN rather than even, where nothing says at which socket or channel the modules are."""
    even, why = population.even_sockets(machine)
    if limits.balanced and even is None and (machine.cpu.sockets or 0) > 1:
        raise ToolFailed(why, hint="count the modules at each processor")
    if limits.channels and not population.channels(machine):
        raise ToolFailed("the labels of the slots name no channel", hint="read the population through the BMC")
