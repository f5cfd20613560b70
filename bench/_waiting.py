"""Nodes in the middle of a long burn-in: what they cost, how soon news is seen, and what a restart takes.

rows_per_enrollment: durable rows of the workflow library a node, in the burn-in; rows_grown: how many more after the
time of the idle measurement. idle_N_cores, idle_N_mb: CPU and memory of the service while all of them wait.
news_s: from the moment at which a run on a node goes on to the moment at which the store has it, the worst of several.
recover_N_s: from the start of the process after a kill -9 to the moment at which every node was ticked, with imports;
recover_N_mb: the memory of the service then, at most.
"""

from __future__ import annotations

import signal
import sqlite3
import ssl
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import _rig
from bench._whole import submit

TIMES = {"firmware": 0.1, "ramdisk": 0.1, "disk": 0.1, "check": 300_000.0, "install": 0.1}
NUDGED = 10


def measure(count: int, seconds: float) -> dict[str, Any]:
    """Bring so many nodes into burn-in, watch them for so long, kill the service and start it again."""
    with _rig.state() as folder, _rig.rack(count, times=TIMES) as rack:
        submit(folder, rack)
        order = _rig.order(folder, at_once=count)
        store = folder / "metalctl.db"
        engine = _rig.Process("bench._engine", (), order, **rack.credentials)
        try:
            ready = _rig.until(lambda: _running(store) == count, 60 + 6.0 * count, every=1.0)
            if ready != ready:
                raise SystemExit(f"bench: only {_running(store)} of {count} nodes came into burn-in")
            told = {"to_burn_in_s": ready} | _idle(engine, folder, count, seconds)
            told["news_s"] = max(_news(rack, store, number) for number in range(min(NUDGED, count)))
            engine.end(signal.SIGKILL)
            begun = time.time()
            engine = _rig.Process("bench._engine", (), order, **rack.credentials)
            left = max(0.0, 600.0 - (time.time() - begun))
            _rig.until(lambda: _ticked(store, begun) == count, left)
            told[f"recover_{count}_s"] = time.time() - begun
            told[f"recover_{count}_mb"] = engine.peak_mb
            told["recover_cpu_s"] = engine.cpu
            told["recovered"] = _ticked(store, begun)
        finally:
            engine.end()
    return told


def _idle(engine: _rig.Process, folder: Path, count: int, seconds: float) -> dict[str, Any]:
    """What they cost once their connections are closed."""
    time.sleep(30.0)
    rows, cpu, begun = _rows(folder), engine.cpu, time.perf_counter()
    time.sleep(seconds)
    took = time.perf_counter() - begun
    return {
        "rows_per_enrollment": rows / count,
        "rows_grown": _rows(folder) - rows,
        f"idle_{count}_cores": (engine.cpu - cpu) / took,
        f"idle_{count}_mb": engine.rss_mb,
        "idle_watched_s": took,
    }


def _news(rack: _rig.Rack, store: Path, number: int) -> float:
    name, context = f"n{number:05}", ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = _entries(store, name)
    begun = time.perf_counter()
    with urllib.request.urlopen(f"{rack.urls()[number]}/.lab/nudge", timeout=30, context=context):  # noqa: S310 - ours
        pass
    _rig.until(lambda: _entries(store, name) > before, 60.0, every=0.02)
    return time.perf_counter() - begun


def _asked(path: Path, query: str, *words: object) -> Any:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as connection:
        found = connection.execute(query, words).fetchone()[0]
    connection.close()
    return found


def _running(store: Path) -> int:
    return int(_asked(store, "SELECT count(*) FROM runs WHERE kind = 'burn-in' AND entries > 0"))


def _entries(store: Path, node: str) -> int:
    query = "SELECT coalesce(sum(entries), 0) FROM runs WHERE enrollment LIKE ? || '-%' AND kind = 'burn-in'"
    return int(_asked(store, query, node))


def _ticked(store: Path, since: float) -> int:
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(since, UTC).isoformat(timespec="milliseconds")
    return int(_asked(store, "SELECT count(*) FROM stages WHERE stage = 'burned-in' AND ticked >= ?", moment))


def _rows(folder: Path) -> int:
    tables: Callable[[str], int] = lambda name: int(_asked(folder / "workflows.db", f"SELECT count(*) FROM {name}"))  # noqa: E731, S608
    return tables("workflow_status") + tables("operation_outputs")
