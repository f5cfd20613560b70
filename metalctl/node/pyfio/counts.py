"""Whether fio's numbers agree with each other: a rate that its own count and time do not make is no result.

fio works its rates out of the counts and the time that it prints beside them, so they agree to the last digit. Its
percentiles are those of buckets, and may be a little above the largest latency.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from metalctl.node.cover import falls_short
from metalctl.node.pyfio.result import Direction, Latency, Result

_CLOSE = 0.02
_BUCKET = 1.05


def contradiction(result: Result) -> str:
    """What contradicts itself in the result, in words; "" when all of it agrees."""
    return next(_contradictions(result), "")


def _contradictions(result: Result) -> Iterator[str]:
    for name, way in (("read", result.read), ("write", result.write)):
        if way.count or way.bytes:
            yield from _of_rates(name, way)
            yield from _of_latency(name, way.latency)
            if falls_short(way.latency.count, way.count):
                yield f"fio timed {way.latency.count} of {way.count} {name} transfers"
    if result.sync is not None:
        yield from _of_latency("fdatasync", result.sync)


def _of_rates(name: str, way: Direction) -> Iterator[str]:
    for rate, count, unit in ((way.iops, way.count, "IO"), (way.bandwidth, way.bytes, "bytes")):
        if not (rate > 0 and math.isclose(rate * way.runtime, count, rel_tol=_CLOSE)):
            yield f"fio reports {rate:.6g} {unit}/s of {name}, and counts {count} {unit} in {way.runtime:.6g} s"


def _of_latency(name: str, latency: Latency) -> Iterator[str]:
    rising = [latency.percentiles[percent] for percent in sorted(latency.percentiles)]
    sane = all(0 <= value <= latency.max * _BUCKET for value in rising) and rising == sorted(rising)
    if not (sane and 0 < latency.mean <= latency.max < math.inf):
        yield f"fio's latencies of {name} contradict each other: mean {latency.mean:.3g} s, largest {latency.max:.3g} s"
