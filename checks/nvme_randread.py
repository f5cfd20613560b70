"""NVMe random read: 4 KiB IOPS at depth, and the latency of single reads, of every NVMe drive. It only reads.

Profile:
    checks:
      nvme-randread: {min_iops: 400k, max_p99: 2 ms, max_qd1_p99: 200 us, runtime: 60 s}
Limits: min_iops required; max_p99 (at queue depth 32 × 4) and max_qd1_p99 optional; runtime of each of the two passes.
Leaves: read_iops, read_p99, qd1_p50, qd1_p99.
Source: SNIA PTS; fio HOWTO; the drive's data sheet gives the limits.
"""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import pyfio
from metalctl.node.plugin import REQUIRED, check, device


@check(
    component="nvme",
    estimate="130 s",
    needs=("fio",),
    limits={"min_iops": REQUIRED, "max_p99": None, "max_qd1_p99": None, "runtime": 60.0},
    remedy="see that the drive has all its PCIe lanes and runs the baseline firmware; else replace it",
)
def test_nvme_randread(nvme: Disk, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    path = device(nvme)
    deep = pyfio.run(pyfio.Job(path, "randread", iodepth=32, numjobs=4, runtime=limits.runtime, readonly=True))
    evidence["fio"] = deep.version
    measure("read_iops", deep.read.iops, unit="IO/s", at_least=limits.min_iops)
    measure("read_p99", deep.read.latency.p99, unit="s", at_most=limits.max_p99)
    single = pyfio.run(pyfio.Job(path, "randread", runtime=limits.runtime, readonly=True)).read
    measure("qd1_p50", single.latency.p50, unit="s")
    measure("qd1_p99", single.latency.p99, unit="s", at_most=limits.max_qd1_p99)
