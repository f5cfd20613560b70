"""Memory: what the kernel counts equals the sum of the DIMMs, so that a module which was mapped out is seen.

Profile:
    checks:
      memory: {min_total: 512 GiB, max_missing: 2 %}
Limits: min_total optional; max_missing is the fraction of the DIMMs' sum that may be missing. A tolerance of 10 %
would hide a mapped-out 32 GB module in 512 GB. Memory in NUMA nodes without processors (CXL, HBM, persistent memory
used as memory) does not stand in for a module; where it could be either, UNKNOWN.
Leaves: total (online memory blocks, which count the kernel's own part too), installed, apart, missing.
Source: /sys/devices/system/memory, else MemTotal; the NUMA nodes; DMI type 17.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metalctl.model import population
from metalctl.model.inventory import Inventory
from metalctl.model.units import format_size
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="memory",
    estimate="1 s",
    limits={"min_total": None, "max_missing": 0.02},
    remedy="look in the firmware's log for a module that was mapped out; reseat it, then replace it",
)
def test_memory(machine: Inventory, sysroot: Path, limits: Any, measure: Any) -> None:
    total = _online(sysroot / "sys/devices/system/memory") or machine.memory.total
    installed = machine.memory.installed
    if total is None or not installed:
        raise ToolFailed("the firmware lists no DIMM, or the kernel no total", hint="run dmidecode -t 17 as root")
    apart = population.apart(machine)
    missing = max(0.0, 1 - (total - apart) / installed)
    measure("total", total, unit="B", at_least=limits.min_total)
    measure("installed", installed, unit="B")
    measure("apart", apart, unit="B")
    if missing > limits.max_missing >= 1 - total / installed and not population.explained(machine, apart):
        raise ToolFailed(
            f"{format_size(apart)} lie in NUMA nodes without processors: it is not known whether that is DRAM, "
            "or CXL or HBM memory that hides a missing module",
            hint="see numactl --hardware, and the firmware's log for a module that was mapped out",
        )
    measure("missing", missing, unit="fraction", at_most=limits.max_missing)


def _online(blocks: Path) -> int:
    """Bytes of the memory blocks that are online, 0 when the kernel does not list them."""
    try:
        size = int((blocks / "block_size_bytes").read_text(), 16)
        return size * sum(p.read_text().strip() == "online" for p in blocks.glob("memory[0-9]*/state"))
    except (OSError, ValueError):
        return 0
