"""What fio wrote, as numbers in base units. A pure function of recorded text."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metalctl.node.errors import HardwareFault, ToolFailed

_NS = 1e-9
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_BLOCK = re.compile(r"(\d{1,12})([kmg]?)(?:i?b)?")
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
    """One direction of a job. bandwidth: bytes per second; iops: IO per second; latency: of completion.

    runtime: seconds that it ran, of a group the longest of its jobs. short: transfers that fio saw to be short.
    """

    iops: float
    bandwidth: float
    bytes: int
    count: int
    latency: Latency
    runtime: float = 0.0
    short: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One job (or group of jobs). sync: latency of fsync/fdatasync alone, None when the job did none.

    block: bytes of one transfer as fio took the job, None when it did not tell one size. summed: `job_runtime` in
    seconds, which in a group is the sum over its jobs.
    """

    version: str
    read: Direction
    write: Direction
    sync: Latency | None
    block: int | None = None
    summed: float = 0.0

    @property
    def runtime(self) -> float:
        """Seconds that it ran: of a group, those of its longest job."""
        return max(self.read.runtime, self.write.runtime)


def parse(text: str, stderr: str = "") -> Result:
    """fio's JSON, with or without noise before it; a job that carries an error raises FioError."""
    data = _json(text, stderr)
    try:
        jobs = data["jobs"]
        if len(jobs) != 1:
            raise FioError(f"expected one group of jobs, got {len(jobs)}", stderr=stderr)
        job = jobs[0]
        # With continue_on_error fio goes on, ends with 0, and only counts.
        if number := int(job["error"]) or int(job.get("first_error", 0)):
            raise _failed(number, stderr)
        if job.get("total_err"):
            raise FioError(f"fio met {job['total_err']} errors: {_last(stderr)}", hint="look at dmesg", stderr=stderr)
        return Result(
            version=data["fio version"],
            read=_direction(job["read"]),
            write=_direction(job["write"]),
            sync=_latency(job["sync"]["lat_ns"]) if job.get("sync", {}).get("lat_ns", {}).get("N") else None,
            block=block_size(str(job.get("job options", {}).get("bs", ""))),
            summed=float(job["job_runtime"]) / 1000,
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
        runtime=float(data["runtime"]) / 1000,
        short=int(data.get("short_ios", 0)),
    )


def block_size(text: str) -> int | None:
    """Bytes of a block as fio writes it ("4k" is 4096); None for a list or a range of sizes."""
    found = _BLOCK.fullmatch(text.strip().lower())
    return int(found[1]) * _UNITS[found[2]] if found else None


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
