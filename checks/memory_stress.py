"""Memory under load: nearly all of it is written, copied and compared, each NUMA node by its own processors.

Profile:
    checks:
      memory-stress: {runtime: 2 h}
Limits: runtime (quick 60 s, normal 1 h, burn-in 12 h); min_tested is the share of the machine's memory that must have
been under test; most (optional) is the most that is tested of a NUMA node: for trials, with a low min_tested.
Leaves: tested (bytes, share of the memory), by NUMA node what was copied a second.
Source: stressapptest -W --cc_test, one instance a NUMA node under numactl, over 90 % of its free memory (95 % of more
than 255 GB). Corrected errors are seen by the error counters of the run, not by this check.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from metalctl.model.inventory import Inventory
from metalctl.node import memtest
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="memory",
    estimate="60 s",
    needs=("stressapptest", "numactl"),
    timeout=1800,
    limits={"runtime": {"quick": 60.0, "normal": 3600.0, "burn-in": 43200.0}, "min_tested": 0.8, "most": None},
    remedy="find the DIMM by the kernel log and the BMC's event log; reseat it, then replace it",
)
def test_memory_stress(machine: Inventory, sysroot: Path, limits: Any, measure: Any) -> None:
    if not machine.memory.total:
        raise ToolFailed("how much memory the machine has is not known", hint="see free -b on the node")
    for one in (done := memtest.run(memtest.shares(sysroot, limits.most or math.inf), limits.runtime)):
        name = "copy_rate" if one.share.node is None else f"copy_rate_node{one.share.node}"
        measure(name, one.copied / one.seconds, unit="B/s")
    tested = sum(one.share.size for one in done)
    measure("tested", tested, unit="B")
    share = tested / machine.memory.total
    if share < limits.min_tested:
        raise ToolFailed(
            f"only {share:.0%} of the memory was free to be tested, wanted {limits.min_tested:.0%}",
            hint="see what holds the rest: free -m and slabtop on the node",
        )
    measure("tested_share", share, unit="fraction", at_least=limits.min_tested)
