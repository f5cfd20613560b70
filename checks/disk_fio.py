"""Disk of the installed system: 4 KiB random read and write past the cache, in a file that is removed afterwards.

Profile:
    checks:
      disk-fio: {min_read_iops: 20k, min_write_iops: 5k, runtime: 60 s}
Limits: min_read_iops required; min_write_iops optional; runtime of each of the two passes.
Leaves: write_throughput (while the file is laid out), write_iops, read_iops, read_p99.
Source: fio HOWTO. It shows the disk as the cloud will have it: through the file system, the partition and the image.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metalctl.node import pyfio
from metalctl.node.plugin import REQUIRED, check

_SIZE = 256 << 20


@check(
    component="disk",
    estimate="130 s",
    needs=("fio",),
    timeout=300,
    limits={"min_read_iops": REQUIRED, "min_write_iops": None, "runtime": 60.0},
    remedy="see that the root disk is the one meant, that its write cache is as wanted and that TRIM works",
)
def test_disk_fio(scratch: Path, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    file = str(scratch / "fio")
    laid = pyfio.run(pyfio.Job(file, "write", bs="1m", iodepth=4, size=_SIZE, runtime=240, time_based=False))
    evidence["fio"] = laid.version
    measure("write_throughput", laid.write.bandwidth, unit="B/s")
    read = pyfio.run(pyfio.Job(file, "randread", iodepth=32, size=_SIZE, runtime=limits.runtime, readonly=True)).read
    measure("read_iops", read.iops, unit="IO/s", at_least=limits.min_read_iops)
    measure("read_p99", read.latency.p99, unit="s")
    written = pyfio.run(pyfio.Job(file, "randwrite", iodepth=32, size=_SIZE, runtime=limits.runtime)).write
    measure("write_iops", written.iops, unit="IO/s", at_least=limits.min_write_iops)
