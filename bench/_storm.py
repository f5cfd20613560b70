"""A fleet in bad weather: 1 % of the BMCs misbehave, and the service is killed (-9) each two minutes and started again.

So for some minutes; then it is left alone until all have come to an end. The machines take about as long as the storm.
storm_lost: nodes that came to another end than handed-over; storm_stuck: nodes that came to none. storm_twice: disks
that were installed more than once. kills: how often; serving_s: how long the worst start took until it served.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

from bench import _rig
from bench._whole import TIMES, ends, of_machines, own, scaled, submit, under_way

EVERY = 120.0
# What a BMC of the field does now and then, and a node must come through: a quarter of the share each.
FAULTS = ("busy-409", "dropped-connection", "unauthorized-once", "slow:2")
SHARE = 0.01
# Of the minutes, what a machine takes by itself: the rest is for the kills and for the last to arrive.
PART = 0.7


def measure(count: int, minutes: float) -> dict[str, Any]:
    """So many nodes, for so long."""
    times = scaled(PART * 60 * minutes / own(TIMES))
    with _rig.state() as folder, _rig.rack(count, *faults(count), times=times) as rack:
        submit(folder, rack)
        order = _rig.order(folder, at_once=count)
        engine = _rig.Process("bench._engine", (), order, **rack.credentials)
        try:
            engine, told = _weather(engine, order, rack, folder, 60 * minutes)
            patience = 900 + own(times) + count
            told["calm_s"] = _rig.until(lambda: under_way(folder) == 0, patience, every=2.0)
            told["rss_mb"] = max(told.pop("rss"), engine.peak_mb)
        finally:
            engine.end()
        return told | figures(ends(folder, times), of_machines([rack]), count)


def _weather(
    engine: _rig.Process, order: dict[str, Any], rack: _rig.Rack, folder: Path, seconds: float
) -> tuple[_rig.Process, dict[str, Any]]:
    end, starts, rss = time.perf_counter() + seconds, [0.0], 0.0
    while (left := end - time.perf_counter()) > 0 and under_way(folder):
        time.sleep(min(left, EVERY))
        rss = max(rss, engine.peak_mb)
        engine.end(signal.SIGKILL)
        begun = time.perf_counter()
        engine = _rig.Process("bench._engine", (), order, **rack.credentials)
        starts.append(time.perf_counter() - begun)
    return engine, {"kills": len(starts) - 1, "serving_s": max(starts), "rss": rss}


def faults(count: int) -> list[str]:
    """The words for the simulator: at least one BMC of each kind."""
    rate = max(SHARE / len(FAULTS), 1 / count)
    return [word for fault in FAULTS for word in ("--fault", f"{fault}={rate}")]


def figures(found: dict[str, Any], machines: dict[str, Any], count: int) -> dict[str, Any]:
    """ends and of_machines, as the storm tells them."""
    failed = sum(k for end, k in found["ends"].items() if end.endswith(" failed"))
    handed = found["ends"].get("handed-over done", 0)
    installs = {int(n): k for n, k in machines["installs"].items()}
    return {
        "storm_nodes": count,
        "storm_lost": failed,
        "storm_stuck": count - failed - handed,
        "storm_twice": sum(k for n, k in installs.items() if n > 1),
        "installed": sum(installs.values()),
        "own_s": found["own_s"],
        "ends": found["ends"],
        "problems": found["problems"],
        "machines": machines["machines"],
    }
