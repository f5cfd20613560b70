"""From a BMC's address to its inventory in the store: discovered, verified, read out-of-band. No machine is booted.

machines_per_min: of the largest batch. curve: by how many were enrolled at once. blackhole_ratio: the time for the
healthy nodes of a batch of which 1 % of the BMCs take a connection and never answer, against the same without them.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from bench import _rig
from bench._whole import submit

HOLE = "slow:3600=1%"


def measure(counts: list[int]) -> dict[str, Any]:
    """The curve."""
    curve = {count: _batch(count) for count in counts}
    told: dict[str, Any] = {"curve": {count: 60 * count / found["seconds"] for count, found in curve.items()}}
    largest = counts[-1]
    return {**told, "machines_per_min": told["curve"][largest], "sweep": curve[largest]}


def blackholes(count: int) -> dict[str, Any]:
    """The ratio, with the healthy nodes of both runs counted alike."""
    holes = max(1, round(count / 100))
    clean, holed = _batch(count, wanted=count - holes), _batch(count, "--fault", HOLE, wanted=count - holes)
    return {"blackhole_ratio": holed["seconds"] / clean["seconds"], "clean": clean, "holed": holed}


def _batch(count: int, *words: str, wanted: int = 0) -> dict[str, float]:
    with _rig.state() as folder, _rig.rack(count, *words) as rack:
        submit(folder, rack)
        order = _rig.order(folder, at_once=1)
        with _rig.process("bench._engine", order=order, **rack.credentials) as engine:
            started = engine.cpu
            seconds = _rig.until(lambda: _read(folder / "metalctl.db") >= (wanted or count), 1800.0, every=0.05)
            told = {"seconds": seconds, "cpu_s": engine.cpu - started, "rss_mb": engine.peak_mb}
        return {**told, "simulator_cpu_s": rack.process.cpu}


def _read(store: Path) -> int:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30) as connection:
        found = connection.execute("SELECT count(DISTINCT node) FROM inventories WHERE kind = 'out-of-band'").fetchone()
    connection.close()
    return int(found[0])
