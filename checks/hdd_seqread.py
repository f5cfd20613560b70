"""Hard disk sequential read: 1 MiB reads at the outer edge, the middle and the inner edge. It only reads.

Profile:
    checks:
      hdd-seqread: {min_throughput: 150 MB/s, min_inner_ratio: 45 %, runtime: 15 s}
Limits: min_throughput (outer) required; min_inner_ratio of inner to outer optional; runtime at each of the three
places, 15 s unless given, because twelve disks are read one after the other [J].
Leaves: outer, middle, inner, inner_ratio.
Source: a disk reads about half as fast at its inner edge (95 % of the span); much less means weak heads or remapping.
"""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import pyfio
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import REQUIRED, check, device

_PLACES = {"outer": 0.0, "middle": 0.5, "inner": 0.95}
_ALIGN = 1 << 20


@check(
    component="hdd",
    estimate="50 s",
    needs=("fio",),
    limits={"min_throughput": REQUIRED, "min_inner_ratio": None, "runtime": 15.0},
    remedy="look at SMART 5, 187, 197, 198 and 199 (cable); swap the bay to see which is at fault; replace the disk",
)
def test_hdd_seqread(hdd: Disk, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    if not hdd.size:
        raise ToolFailed("the disk states no size", hint="look at dmesg")
    span = hdd.size // 25 // _ALIGN * _ALIGN or _ALIGN
    speed = {}
    for place, fraction in _PLACES.items():
        start = int(hdd.size * fraction) // _ALIGN * _ALIGN
        job = pyfio.Job(
            device(hdd), "read", bs="1m", iodepth=2, offset=start, size=span, runtime=limits.runtime, readonly=True
        )
        result = pyfio.run(job)
        evidence["fio"] = result.version
        speed[place] = result.read.bandwidth
        measure(place, speed[place], unit="B/s", at_least=limits.min_throughput if place == "outer" else None)
    measure("inner_ratio", speed["inner"] / speed["outer"], unit="fraction", at_least=limits.min_inner_ratio)
