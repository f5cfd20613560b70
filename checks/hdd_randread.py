"""Hard disk random read: 4 KiB IOPS at queue depth 32 of every hard disk. It only reads.

Profile:
    checks:
      hdd-randread: {min_iops: 120, max_p99: 1 s, runtime: 20 s}
Limits: min_iops required; max_p99 optional; runtime 20 s unless given: twelve disks run one after the other [J].
Leaves: read_iops, read_p99.
Source: fio HOWTO; a 7200 rpm disk gives 120 to 250 IOPS with command queuing.
"""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import pyfio
from metalctl.node.plugin import REQUIRED, check, device


@check(
    component="hdd",
    estimate="25 s",
    needs=("fio",),
    limits={"min_iops": REQUIRED, "max_p99": None, "runtime": 20.0},
    remedy="look at SMART 5, 187, 197, 198 and for vibration; replace the disk",
)
def test_hdd_randread(hdd: Disk, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    result = pyfio.run(pyfio.Job(device(hdd), "randread", iodepth=32, runtime=limits.runtime, readonly=True))
    evidence["fio"] = result.version
    measure("read_iops", result.read.iops, unit="IO/s", at_least=limits.min_iops)
    measure("read_p99", result.read.latency.p99, unit="s", at_most=limits.max_p99)
