"""What fio wrote, as numbers in base units. A pure function of recorded text."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metalctl.node.errors import HardwareFault, ToolFailed

_NS = 1e-9
# What the kernel answers when the medium or the way to it is broken, and not the job.
_MEDIA = (errno.EIO, errno.ENODATA, errno.EILSEQ, errno.ETIMEDOUT, errno.EREMOTEIO, errno.ENODEV, errno.ENXIO)


class FioError(ToolFailed):
    """fio failed, or what it wrote cannot be read; `fields["stderr"]` has what it said."""


class MediaError(FioError, HardwareFault):
    """The disk answered a read or a write with an error."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds. percentiles: percent → seconds, empty when fio reported none. count: samples."""

    mean: float
    max: float
    count: int
    percentiles: Mapping[float, float]

    def percentile(self, percent: float) -> float:
        """Seconds at a percentile that fio reported; raises FioError when it did not."""
        if percent not in self.percentiles:
            raise FioError(f"fio reported no {percent:g}th percentile", hint="did the job do any I/O?")
        return self.percentiles[percent]

    @property
    def p50(self) -> float:
        """Median, seconds."""
        return self.percentile(50.0)

    @property
    def p99(self) -> float:
        """99th percentile, seconds."""
        return self.percentile(99.0)


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a job. bandwidth: bytes per second; iops: IO per second; latency: of completion."""

    iops: float
    bandwidth: float
    bytes: int
    count: int
    latency: Latency


@dataclass(frozen=True, slots=True)
class Result:
    """One job (or group of jobs). sync: latency of fsync/fdatasync alone, None when the job did none."""

    version: str
    read: Direction
    write: Direction
    sync: Latency | None
    runtime: float


def parse(text: str, stderr: str = "") -> Result:
    """fio's JSON, with or without noise before it; a job that carries an error raises FioError."""
    data = _json(text, stderr)
    try:
        jobs = data["jobs"]
        if len(jobs) != 1:
            raise FioError(f"expected one group of jobs, got {len(jobs)}", stderr=stderr)
        job = jobs[0]
        if job["error"]:
            raise _failed(int(job["error"]), stderr)
        return Result(
            version=data["fio version"],
            read=_direction(job["read"]),
            write=_direction(job["write"]),
            sync=_latency(job["sync"]["lat_ns"]) if job.get("sync", {}).get("lat_ns", {}).get("N") else None,
            runtime=job["job_runtime"] / 1000,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as odd:
        raise FioError(f"fio's JSON has another shape than known: {odd!r}", stderr=stderr) from odd


def _failed(number: int, stderr: str) -> FioError:
    kind = MediaError if number in _MEDIA else FioError
    name = errno.errorcode.get(number, "unknown")
    return kind(f"fio met error {number} ({name}): {_last(stderr)}", hint="look at dmesg", errno=number, stderr=stderr)


def _json(text: str, stderr: str) -> Any:
    """The first JSON object at the start of a line; fio writes warnings before it."""
    start = 0 if text.startswith("{") else text.find("\n{") + 1
    if start == 0 and not text.startswith("{"):
        raise FioError(f"fio wrote no JSON: {_last(stderr or text)}", hint="run fio by hand", stderr=stderr)
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except ValueError as cut:
        raise FioError(f"fio's JSON cannot be read: {cut}", stderr=stderr) from cut


def _direction(data: Any) -> Direction:
    return Direction(
        iops=float(data["iops"]),
        bandwidth=float(data["bw_bytes"]),
        bytes=int(data["io_bytes"]),
        count=int(data["total_ios"]),
        latency=_latency(data["clat_ns"]),
    )


def _latency(data: Any) -> Latency:
    # Without samples fio writes zeros; a percentile of nothing must not read as "0 s, very fast".
    percentiles = data.get("percentile", {}) if data["N"] else {}
    return Latency(
        mean=data["mean"] * _NS,
        max=data["max"] * _NS,
        count=int(data["N"]),
        percentiles={float(k): v * _NS for k, v in percentiles.items()},
    )


def _last(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it said nothing"
