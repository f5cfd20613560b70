"""Whole enrollments at once, discovered to handed-over, with simulated machines.

enroll_N_failed: nodes that did not come to the good end. added_time_ratio: the mean time of an enrollment against the
time that its machine itself took (boots, checks, installation, as it was told to take). rss_mb: the most of the
service. installs: how often a disk was installed, once each when all is right.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import _rig

# Seconds, of servers that take their time: POST, a live system, one hour of checks and as much of acceptance.
TIMES = {"firmware": 180.0, "ramdisk": 90.0, "disk": 240.0, "check": 3600.0, "install": 300.0}


def measure(count: int, scale: float, words: tuple[str, ...] = ()) -> dict[str, Any]:
    """Enroll so many at once and wait for their ends. scale: of the times."""
    times = {name: seconds * scale for name, seconds in TIMES.items()}
    patience = 600 + 3 * _own(times) + 2.0 * count
    with _rig.state() as folder, _rig.rack(count, *words, times=times) as rack:
        submit(folder, rack)
        with _rig.process("bench._engine", order=_rig.order(folder, at_once=count), **rack.credentials) as engine:
            seconds = _rig.until(lambda: under_way(folder) == 0, patience, every=1.0)
            told = {"wall_s": seconds, "cpu_s": engine.cpu, "rss_mb": engine.peak_mb}
        machines = rack.machines()
        told |= _ends(folder, times) | {"machines": machines["counts"], "states": machines["states"]}
        told["installs"] = dict(Counter(machines["installs"].values()))
        told["simulator_cpu_s"], told["simulator_mb"] = rack.process.cpu, rack.process.peak_mb
    return told


def submit(folder: Path, rack: _rig.Rack, url: str = "", service: str = "") -> str:
    """All of the rack's nodes in one batch."""
    os.environ["METALCTL_CONTENT"] = str(_rig.CONTENT)
    from metalctl.engine.operate import submit as engine
    from metalctl.engine.state import StateDir
    from metalctl.store.database import open_database

    database = open_database(StateDir(folder, url).create().store_url)
    rows = [engine.Row(f"n{i:05}", bmc, "env:BENCH", "bench") for i, bmc in enumerate(rack.urls())]
    made = engine.submit(database, rows, level="quick", allow_erase=False, service=service)
    database.dispose()
    return made.batch


def under_way(folder: Path) -> int:
    """How many enrollments have not ended."""
    from sqlalchemy import create_engine

    from metalctl.store import enrollments
    from metalctl.store.database import sqlite_url

    database = create_engine(sqlite_url(folder / "metalctl.db"))
    with database.connect() as connection:
        left = len(enrollments.under_way(connection))
    database.dispose()
    return left


def _ends(folder: Path, times: dict[str, float]) -> dict[str, Any]:
    from metalctl.store import enrollments
    from metalctl.store.database import open_database, sqlite_url

    database = open_database(sqlite_url(folder / "metalctl.db"))
    with database.connect() as connection:
        listed = enrollments.listing(connection)
    database.dispose()
    ends = Counter(f"{e.stage} {e.condition}" for e in listed)
    passed = [e for e in listed if e.ended and e.condition == "done"]
    own = _own(times)
    took = [(_moment(e.updated) - _moment(e.created)).total_seconds() for e in passed]
    ratio = sum(took) / len(took) / own if took else float("nan")
    problems = Counter(e.problem or e.why for e in listed if not (e.ended and e.condition == "done"))
    return {
        f"enroll_{len(listed)}_failed": len(listed) - len(passed),
        "ends": dict(ends),
        "added_s": ratio * own - own,
        "problems": dict(problems.most_common(5)),
        "added_time_ratio": ratio,
        "own_s": own,
    }


def _own(times: dict[str, float]) -> float:
    """Seconds that a machine takes by itself: checks run twice, in burn-in and on the installed system."""
    return sum(times.values()) + times["check"]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
