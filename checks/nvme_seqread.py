"""NVMe sequential read: 128 KiB throughput of every NVMe drive. It only reads.

Profile:
    checks:
      nvme-seqread: {min_throughput: 2.5 GB/s, runtime: 60 s}
Limits: min_throughput required. A drive that lost half of its PCIe lanes reads at half of its data sheet.
Leaves: read_throughput.
Source: SNIA PTS; fio HOWTO.
"""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import pyfio
from metalctl.node.plugin import REQUIRED, check, device


@check(
    component="nvme",
    estimate="65 s",
    needs=("fio",),
    limits={"min_throughput": REQUIRED, "runtime": 60.0},
    remedy="see that the drive has all its PCIe lanes (lspci -vv, LnkSta); else replace it",
)
def test_nvme_seqread(nvme: Disk, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    job = pyfio.Job(device(nvme), "read", bs="128k", iodepth=32, runtime=limits.runtime, readonly=True)
    result = pyfio.run(job)
    evidence["fio"] = result.version
    measure("read_throughput", result.read.bandwidth, unit="B/s", at_least=limits.min_throughput)
