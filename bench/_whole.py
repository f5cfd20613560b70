"""Whole enrollments at once, discovered to handed-over, with simulated machines.

enroll_N_failed: nodes that did not come to the good end. added_time_ratio: the mean time of an enrollment against the
time that its machine itself took (boots, checks, installation, as it was told to take); added_s: the difference.
rss_mb: the most of the service. installs: how often a disk was installed, once each when all is right. cores: what
service and simulator took of the processors while anything was under way; where both share them, the simulator's share
is part of what is measured.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import _rig

# Seconds, of servers that take their time: POST, a live system, one hour of checks and as much of acceptance.
TIMES = {"firmware": 180.0, "ramdisk": 90.0, "disk": 240.0, "check": 3600.0, "install": 300.0}


def measure(count: int, scale: float, words: tuple[str, ...] = ()) -> dict[str, Any]:
    """Enroll so many at once and wait for their ends. scale: of the times."""
    times = scaled(scale)
    patience = 600 + 3 * own(times) + 2.0 * count
    with _rig.state() as folder, _rig.rack(count, *words, times=times) as rack:
        submit(folder, rack)
        with _rig.process("bench._engine", order=_rig.order(folder, at_once=count), **rack.credentials) as engine:
            before = (engine.cpu, rack.process.cpu)
            seconds = _rig.until(lambda: under_way(folder) == 0, patience, every=2.0)
            spent = {"service": engine.cpu - before[0], "simulator": rack.process.cpu - before[1]}
            told = {"wall_s": seconds, "cpu_s": engine.cpu, "rss_mb": engine.peak_mb}
        told |= ends(folder, times) | of_machines([rack])
        told["cores"] = {name: round(used / seconds, 3) for name, used in spent.items()}
        told["simulator_mb"] = rack.process.peak_mb
    return told


def scaled(scale: float) -> dict[str, float]:
    """The times of machines that are faster."""
    return {name: seconds * scale for name, seconds in TIMES.items()}


def of_machines(racks: Iterable[_rig.Rack]) -> dict[str, Any]:
    """What the machines of all racks did."""
    counts, states, installs = Counter[str](), Counter[str](), Counter[int]()
    for machines in (rack.machines() for rack in racks):
        counts.update(machines["counts"])
        states.update(machines["states"])
        installs.update(machines["installs"].values())
    return {"machines": dict(counts), "states": dict(states), "installs": {str(n): k for n, k in installs.items()}}


def submit(folder: Path, rack: _rig.Rack, url: str = "", service: str = "", first: int = 0) -> str:
    """All of the rack's nodes in one batch."""
    os.environ["METALCTL_CONTENT"] = str(_rig.CONTENT)
    from metalctl.engine.operate import submit as engine
    from metalctl.engine.state import StateDir
    from metalctl.store.database import open_database

    database = open_database(StateDir(folder, url).create().store_url)
    rows = [engine.Row(f"n{i:05}", bmc, "env:BENCH", "bench") for i, bmc in enumerate(rack.urls(), first)]
    made = engine.submit(database, rows, level="quick", allow_erase=False, service=service)
    database.dispose()
    return made.batch


def under_way(folder: Path, url: str = "") -> int:
    """How many enrollments have not ended."""
    from sqlalchemy import create_engine

    from metalctl.engine.state import StateDir
    from metalctl.store import enrollments

    database = create_engine(StateDir(folder, url).store_url)
    with database.connect() as connection:
        left = len(enrollments.under_way(connection))
    database.dispose()
    return left


def ends(folder: Path, times: dict[str, float], url: str = "") -> dict[str, Any]:
    """How all came out."""
    from metalctl.engine.state import StateDir
    from metalctl.store import enrollments
    from metalctl.store.database import open_database

    database = open_database(StateDir(folder, url).store_url)
    with database.connect() as connection:
        listed = enrollments.listing(connection)
    database.dispose()
    return summary(listed, own(times))


def summary(listed: list[Any], alone: float) -> dict[str, Any]:
    """The figures of enrollments that ended or did not. alone: seconds that a machine takes by itself."""
    passed = [e for e in listed if e.ended and e.condition == "done"]
    others = [e for e in listed if not (e.ended and e.condition == "done")]
    took = [(_moment(e.updated) - _moment(e.created)).total_seconds() for e in passed]
    ratio = sum(took) / len(took) / alone if took else float("nan")
    return {
        f"enroll_{len(listed)}_failed": len(others),
        "ends": dict(Counter(f"{e.stage} {e.condition}" for e in listed)),
        "problems": dict(Counter(e.problem or e.why for e in others).most_common(5)),
        "added_s": ratio * alone - alone,
        "added_time_ratio": ratio,
        "own_s": alone,
    }


def own(times: dict[str, float]) -> float:
    """Seconds that a machine takes by itself: checks run twice, in burn-in and on the installed system."""
    return sum(times.values()) + times["check"]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
