"""The only importer of the workflow library: a durable loop that calls ticks and sleeps between them.

`walk` is one workflow an attempt of an enrollment. Each tick is a step whose outcome is recorded, each pause a durable
sleep that holds no thread. After a crash the library replays the recorded outcomes and goes on with the tick that was
under way, so a tick may run twice and must look before it acts.

What was measured and is relied on: one executor a SQLite file (the caller holds the service lock); WAL; a JSON
serializer in place of pickle; a pinned application version, or pending work is not recovered after an upgrade.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._serialization import Serializer

T = TypeVar("T")
Tick = Callable[[str, str], dict[str, Any]]

# Changes only when `walk` itself changes its steps: work begun under another version would not be recovered.
WORKFLOW_VERSION = "metalctl-walk-1"


class _Json(Serializer):
    """Plain JSON: readable with sqlite3, and nothing that is executed when it is read."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=repr)

    def deserialize(cls, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "metalctl_json"


class Durable:
    """The workflow engine. `tick(enrollment, stage)` returns {"kind": "done"|"wait"|"failed", "seconds": float}."""

    def __init__(
        self, database: Path, stages: list[str], tick: Tick, *, executor: str = "local", threads: int = 32
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tick")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="durable", daemon=True)
        _prepare(database)
        config: DBOSConfig = {
            "name": "metalctl",
            "system_database_url": f"sqlite:///{database.absolute()}",
            "application_version": WORKFLOW_VERSION,
            "executor_id": executor,
            "serializer": _Json(),
            "log_level": "WARNING",
        }
        DBOS(config=config)
        self._walk = _register(stages, tick, self._pool)

    def launch(self) -> None:
        """Start, and recover what was under way."""
        self._thread.start()
        DBOS.launch()

    def start(self, enrollment: str, attempt: int) -> None:
        """Begin (or go on with) an attempt; a second call for the same attempt changes nothing."""
        workflow = f"{enrollment}.{attempt}"

        async def begin() -> None:
            if await DBOS.get_workflow_status_async(workflow) is None:
                with SetWorkflowID(workflow):
                    await DBOS.start_workflow_async(self._walk, enrollment)

        self._await(begin())

    def stop(self) -> None:
        """Stop cleanly; what is under way is recovered at the next launch."""
        DBOS.destroy()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


def _prepare(database: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{database.absolute()}")
    with engine.connect() as connection:
        connection.execute(sa.text("PRAGMA journal_mode=WAL"))
    engine.dispose()


def _register(stages: list[str], tick: Tick, pool: ThreadPoolExecutor) -> Callable[[str], Coroutine[Any, Any, str]]:
    async def step(enrollment: str, stage: str) -> dict[str, Any]:
        return await asyncio.get_running_loop().run_in_executor(pool, tick, enrollment, stage)

    @DBOS.workflow(name="walk")
    async def walk(enrollment: str) -> str:
        for stage in stages:
            while True:
                outcome = await DBOS.run_step_async({"name": stage}, step, enrollment, stage)
                if outcome["kind"] == "failed":
                    return f"failed in {stage}"
                if outcome["kind"] == "done":
                    break
                await DBOS.sleep_async(outcome["seconds"])
        return "done"

    return walk
