"""etcd: small writes, each followed by fdatasync, in a file on the disk of the installed system.

Profile:
    checks:
      etcd-fdatasync: {max_p99: 10 ms, min_iops: 500, runtime: 60 s}
Limits: max_p99 (of fdatasync alone) required; min_iops (writes with their fdatasync) optional; runtime at most. In the
ramdisk there is no such file: the os disk is written raw if it is armed for "fio-write", and cleaned; else UNKNOWN.
Leaves: fdatasync_p50, fdatasync_p99, write_iops.
Source: etcd's hardware guide: fio rw=write ioengine=sync fdatasync=1 size=22m bs=2300, p99 below 10 ms; OpenShift
tolerates 20 ms and wants 500 sequential IOPS.
"""

from __future__ import annotations

from typing import Any

from metalctl.node import pyfio
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import REQUIRED, check

_SIZE = 22 << 20


@check(
    component="disk",
    estimate="40 s",
    needs=("fio",),
    limits={"max_p99": REQUIRED, "min_iops": None, "runtime": 60.0},
    remedy="put etcd on an SSD with power-loss protection, alone",
)
def test_etcd_fdatasync(place: Any, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    with place.to_write(_SIZE) as (path, leave):
        job = pyfio.Job(
            path, "write", bs="2300", size=_SIZE, runtime=limits.runtime, time_based=False, ioengine="sync",
            direct=False, fdatasync=1, leave=leave,
        )  # fmt: skip
        result = pyfio.run(job)
    if result.sync is None:
        raise ToolFailed("fio counted no fdatasync", hint="run fio by hand")
    evidence.update(fio=result.version, where=path)
    measure("fdatasync_p50", result.sync.p50, unit="s")
    measure("fdatasync_p99", result.sync.p99, unit="s", at_most=limits.max_p99)
    measure("write_iops", result.write.count / result.runtime, unit="IO/s", at_least=limits.min_iops)
