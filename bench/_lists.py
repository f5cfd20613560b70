"""A store of many nodes that have come to their ends: starting with it, listing it, a page of sixty nodes.

start_s: from the start of the process to serving. list_N_s: CPU seconds of what `metalctl nodes --json` prints.
page_60_ms: CPU of one look at the page of a batch of 60 nodes under way, while one of them moves between any two looks.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from bench import _rig

VIEWS = 20


def measure(count: int) -> dict[str, Any]:
    """All of them."""
    from metalctl.engine.state import StateDir
    from metalctl.store.database import open_database

    with _rig.state() as folder:
        database = open_database(StateDir(folder).create().store_url)
        begun = time.perf_counter()
        _fill(database, count, ended=True)
        told: dict[str, Any] = {"filled_s": time.perf_counter() - begun} | _listing(database, count)
        for _ in range(2):  # the first makes the byte code
            with _rig.process("bench._engine", order=_rig.order(folder)) as engine:
                told |= {"start_s": engine.told["start_s"], "start_cpu_s": engine.cpu}
        told |= _page(database, folder, _fill(database, 60, ended=False, first=count))
        database.dispose()
    return told


def _fill(database: Any, count: int, *, ended: bool, first: int = 0) -> str:
    """A batch as enrollments leave it: ten stages with findings each, or one under way."""
    from metalctl.model.dossier import StageRecord
    from metalctl.model.finding import Finding
    from metalctl.model.stage import ORDER, Condition, Stage
    from metalctl.model.verdict import Verdict
    from metalctl.store import enrollments, nodes, records
    from metalctl.store.database import now

    findings = tuple(
        Finding(f"disks.{n}.healthy", Verdict.PASS, "healthy", "ok", f"ssd serial S{n}") for n in range(12)
    )
    stages = ORDER if ended else ORDER[: ORDER.index(Stage.BURNED_IN)]
    with database.begin() as connection:
        batch = enrollments.new_batch(connection, {"level": "quick"})
        for number in range(first, first + count):
            name = f"n{number:05}"
            nodes.put(
                connection, name, f"https://10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "env:B", "bench"
            )
            made = enrollments.new(connection, name, batch, "bench")
            for stage in stages:
                record = StageRecord(
                    stage, Condition.DONE, now(), now(), findings=findings if stage == "matched" else ()
                )
                records.save_stage(connection, made, records.StageRow(record))
            end = {"stage": ORDER[-1].value, "condition": "done", "why": "", "reported": 1}
            enrollments.change(connection, made, **(end if ended else {"stage": "burned-in", "condition": "waiting"}))
            records.summarize(connection, made)
    return batch


def _listing(database: Any, count: int) -> dict[str, float]:
    from metalctl.engine.pipeline.overview import standings

    cpu, begun = time.process_time(), time.perf_counter()
    text = json.dumps([s.as_json() for s in standings(database)])
    told = {f"list_{count}_s": time.process_time() - cpu, "list_wall_s": time.perf_counter() - begun}
    return {**told, "list_mb": len(text) / 1e6}


def _page(database: Any, folder: Path, batch: str) -> dict[str, float]:
    from metalctl.engine.state import StateDir
    from metalctl.store import enrollments
    from metalctl.web.app import app

    pages = app(database, lambda: "", StateDir(folder))
    with database.connect() as connection:
        members = enrollments.listing(connection, batch)
    size, cpu = 0, 0.0
    for number in range(VIEWS + 1):
        with database.begin() as connection:
            enrollments.change(connection, members[number % len(members)].id, why=f"check {number}")
        begun = time.process_time()
        size = asyncio.run(_get(pages, f"/batches/{batch}"))
        # The first look compiles templates.
        cpu += time.process_time() - begun if number else 0.0
    return {"page_60_ms": 1000 * cpu / VIEWS, "page_kb": size / 1000}


async def _get(pages: Any, path: str) -> int:
    """Bytes of the body; a status that is not 200 ends the benchmark."""
    got: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        got.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": [], "scheme": "http", "server": ("x", 80), "client": ("x", 1), "root_path": "",
             "http_version": "1.1"}  # fmt: skip
    await pages(scope, receive, send)
    if got[0]["status"] != 200:
        raise SystemExit(f"bench: the page of the batch answered {got[0]['status']}")
    return sum(len(m.get("body", b"")) for m in got)
