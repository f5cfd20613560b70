"""A report of fio whose numbers agree with each other: rates, counts, time and latencies of one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "pyfio" / "cases"


def report(
    way: str,
    *,
    iops: float | None = None,
    bandwidth: float | None = None,
    p99: float = 0.001,
    ran: float = 1.0,
    size: int | None = None,
    bs: int | None = None,
) -> dict[str, Any]:
    """A recording with other numbers in one direction. iops or bandwidth (bytes/s) and `ran` seconds, or size (bytes).

    Of a size with a rate the time follows. p99 in seconds; all latencies keep the shape of the recording.
    """
    block = bs or (4096 if bandwidth is None else 10**6)
    rate = iops if iops is not None else (bandwidth or 0) / block
    if size is not None and rate:
        ran = size // block / rate
    count = size // block if size is not None else round((rate or 1000) * ran)
    data: dict[str, Any] = json.loads((CASES / ("randread.json" if way == "read" else "fdatasync.json")).read_text())
    job = data["jobs"][0]
    job["job options"]["bs"] = str(block)
    job["job_runtime"] = job[way]["runtime"] = ran * 1000
    job[way].update(total_ios=count, io_bytes=count * block, iops=count / ran, bw_bytes=count * block / ran)
    job[way]["clat_ns"] = _stretched(job[way]["clat_ns"], p99, count)
    if job["sync"]["lat_ns"].get("N"):
        job["sync"]["lat_ns"] = _stretched(job["sync"]["lat_ns"], p99, count)
    return data


def _stretched(latency: dict[str, Any], p99: float, count: int) -> dict[str, Any]:
    by = p99 * 1e9 / latency["percentile"]["99.000000"]
    told = {key: latency[key] * by for key in ("min", "mean", "stddev", "max") if key in latency}
    percentiles = {key: value * by for key, value in latency["percentile"].items()}
    percentiles["99.000000"] = p99 * 1e9
    return {**latency, **told, "percentile": percentiles, "N": count}
