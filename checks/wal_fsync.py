"""Ceph WAL: synchronous 4 KiB writes, one at a time, on every disk of the role `wal`. IT WRITES to the raw device.

Profile:
    checks:
      wal-fsync: {min_iops: 10k, max_p99: 1 ms, runtime: 60 s}
It runs only on a disk that the enrollment armed for "fio-write" and that the guard lets through; the first 64 MiB are
written over and over and are zeros again afterwards, read back. At acceptance the disk is no longer armed: SKIP.
Leaves: write_iops, write_p99, bytes_written.
Source: fio direct=1 sync=1 rw=write bs=4k iodepth=1; a consumer drive does about 570 IOPS, 10k stands for power-loss
protection [J]. If it fails, try `hdparm -W0`: the difference can be 100×.
"""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.inventory import Disk
from metalctl.model.run import RunSpec
from metalctl.node import pyfio
from metalctl.node.plugin import REQUIRED, check

_SIZE = 64 << 20


@check(
    component="nvme",
    estimate="70 s",
    needs=("fio",),
    limits={"min_iops": REQUIRED, "max_p99": None, "runtime": 60.0},
    remedy="use a drive with power-loss protection for WAL and DB",
)
def test_wal_fsync(
    wal_disk: Disk, spec: RunSpec, guard: Any, limits: Any, measure: Any, evidence: dict[str, object]
) -> None:
    if spec.kind == "accept" and not guard.armed(wal_disk):
        pytest.skip("the disk was given to the cloud and is no longer armed; it was tested at burn-in")
    leave = guard.leave(wal_disk)
    size = min(_SIZE, (wal_disk.size or _SIZE) // 2)
    job = pyfio.Job(leave.path, "write", sync=True, size=size, runtime=limits.runtime, ioengine="psync", leave=leave)
    with pyfio.cleaned(leave, size):
        result = pyfio.run(job)
    evidence.update(fio=result.version, bytes_written=result.write.bytes)
    measure("write_iops", result.write.iops, unit="IO/s", at_least=limits.min_iops)
    measure("write_p99", result.write.latency.p99, unit="s", at_most=limits.max_p99)
