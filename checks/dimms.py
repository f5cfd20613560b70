"""DIMM population: every module of one size, rank and speed, and as many on each socket as on the others.

Profile:
    checks:
      dimms: {count: 16, balanced: true}
Limits: count (exact) optional; balanced true by default. An unbalanced population halves the bandwidth of a channel.
Leaves: count, and the odd modules by slot, with what differs from the rest.
Source: DMI type 17.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.units import format_size
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check

_SOCKET = re.compile(r"(?:CPU|PROC|NODE|SOCKET|\bP)[ _]?(\d+)", re.IGNORECASE)


@check(
    component="memory",
    estimate="1 s",
    limits={"count": None, "balanced": True},
    remedy="move or replace the modules named until all channels carry the same",
)
def test_dimms(machine: Inventory, limits: Any, measure: Any) -> None:
    dimms = [d for d in machine.memory.dimms if d.size]
    if not dimms:
        raise ToolFailed("the firmware lists no DIMM", hint="run dmidecode -t 17 as root")
    measure("count", len(dimms), at_least=limits.count, at_most=limits.count)
    odd = (_odd(dimms) + _sockets(dimms)) if limits.balanced else []
    assert not odd, "; ".join(odd)


def _odd(dimms: list[Dimm]) -> list[str]:
    """Modules that are not as most are."""
    usual = Counter(map(_traits, dimms)).most_common(1)[0][0]
    return [f"{d.slot} is {_traits(d)}, most are {usual}" for d in dimms if _traits(d) != usual]


def _traits(dimm: Dimm) -> str:
    rank = f" rank {dimm.rank}" if dimm.rank else ""
    return f"{format_size(dimm.size)}{rank}" + (f" at {dimm.configured_mts} MT/s" if dimm.configured_mts else "")


def _sockets(dimms: list[Dimm]) -> list[str]:
    found = [m.group(1) for d in dimms if (m := _SOCKET.search(d.slot))]
    counts = Counter(found) if len(found) == len(dimms) else Counter()
    uneven = len(set(counts.values())) > 1
    return ["sockets carry " + ", ".join(f"{n} on {s}" for s, n in sorted(counts.items()))] if uneven else []
