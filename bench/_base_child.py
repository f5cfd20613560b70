"""Runs inside the old tree (bench._base): `walk FOLDER TICKS`, `recover FOLDER TICKS`, `list FOLDER NODES`.

Its modules are those of 6dd39f9, which today's type checker does not see: they are named as text.
"""

from __future__ import annotations

import importlib
import json
import os
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any


def walk(folder: Path, ticks: int) -> None:
    """So many ticks of one node; then die, as a killed service does."""
    done, count = threading.Event(), 0

    def tick(_enrollment: str, _stage: str) -> dict[str, Any]:
        nonlocal count
        count += 1
        if count > ticks:
            done.set()
            time.sleep(3600)
        return {"kind": "wait", "seconds": 0.001}

    durable = _durable(folder, tick)
    durable.launch()
    durable.start("n1", 1)
    done.wait()
    with sqlite3.connect(folder / "old.db") as connection:
        rows = connection.execute("SELECT count(*) FROM operation_outputs").fetchone()[0]
    _say(rows=rows)


def recover(folder: Path, _ticks: int) -> None:
    """From the start of the engine to the first tick that is new."""
    ticked = threading.Event()

    def tick(_enrollment: str, _stage: str) -> dict[str, Any]:
        ticked.set()
        time.sleep(3600)
        return {}

    importlib.import_module("metalctl.engine.durable")
    begun = time.perf_counter()
    _durable(folder, tick).launch()
    ticked.wait()
    _say(seconds=time.perf_counter() - begun)


def listing(folder: Path, count: int) -> None:
    """CPU of what `metalctl nodes --json` prints, for nodes that have ended."""
    store, model = (lambda name: importlib.import_module(f"metalctl.{name}") for _ in range(2))
    enrollments, nodes, stages = store("store.enrollments"), store("store.nodes"), model("model.stage")
    finding, verdict = model("model.finding").Finding, model("model.verdict").Verdict
    found = tuple(finding(f"disks.{n}.healthy", verdict.PASS, "healthy", "ok", f"ssd serial S{n}") for n in range(12))
    database = store("store.database").open_database(f"sqlite:///{folder / 'list.db'}")
    with database.begin() as connection:
        batch = enrollments.new_batch(connection, {"level": "quick"})
        for number in range(count):
            name, now = f"n{number:05}", "2026-01-01T00:00:00+00:00"
            nodes.put(connection, name, f"https://10.0.{number >> 8}.{number & 255}", "env:B", "lab/compute")
            made = enrollments.new(connection, name, batch, "lab/compute")
            for stage in stages.ORDER:
                told = found if stage == "matched" else ()
                record = model("model.dossier").StageRecord(stage, stages.Condition.DONE, now, now, findings=told)
                enrollments.save_stage(connection, made, enrollments.StageRow(record))
            enrollments.change(connection, made, stage=stages.ORDER[-1].value, condition="done", why="")
    begun = time.process_time()
    json.dumps([s.as_json() for s in store("engine.overview").standings(database)])
    _say(cpu_s=time.process_time() - begun)


def _durable(folder: Path, tick: Any) -> Any:
    return importlib.import_module("metalctl.engine.durable").Durable(folder / "old.db", ["burned-in"], tick)


def _say(**told: float) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    # Without a clean stop: what was under way is to be recovered.
    os._exit(0)


if __name__ == "__main__":
    {"walk": walk, "recover": recover, "list": listing}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
