"""The only importer of the workflow library: one workflow an attempt of an enrollment, with one durable step.

The step walks all stages to the end, however long that takes: what it waits for is the walker's (engine.pipeline), and
where the stages stand is the store's. So a node in a burn-in of three days costs as many rows as one of a minute, and
after a crash the step simply runs again: it goes on where the store says, and each stage looks before it acts. A step a
stage, as before, made a restart twice as long: the library reads each recorded step again, and the store knows it.

What was measured and is relied on: one executor a database (the caller holds the service lock); WAL; a JSON serializer
in place of pickle; a pinned application version, or pending work is not recovered after an upgrade; no limit to
recoveries, since each start of the service counts as one; a step whose task is cancelled leaves no record.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._serialization import Serializer

from metalctl.store.turns import Turns, connection_class

T = TypeVar("T")
Walk = Callable[[str], Awaitable[bool]]

# Changes only when `walk` itself changes its steps. Work begun under another version is not recovered by the library:
# `start` puts another walk in its place.
WORKFLOW_VERSION = "metalctl-walk-3"
# Seconds for everything that the library is asked for here; it waits for the database.
PATIENCE = 60.0
_UNDER_WAY = ("PENDING", "ENQUEUED", "DELAYED")

log = structlog.get_logger()


class _Json(Serializer):
    """Plain JSON: readable with sqlite3, and nothing that is executed when it is read."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=repr)

    def deserialize(cls, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "metalctl_json"


class Durable:
    """The workflow engine. `walk(enrollment)` returns when the enrollment has ended: whether it was passed.

    url: of the library's own database, SQLAlchemy's form. executor: the name under which work is recovered.
    """

    def __init__(self, url: str, walk: Walk, *, executor: str = "local") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="durable", daemon=True)
        self._walked: set[str] = set()
        # What the library goes on with by itself: to ask it of each of a thousand takes longer than that.
        self._recovered: set[str] = set()
        _prepare(url)
        config: DBOSConfig = {
            "name": "metalctl",
            "system_database_url": url,
            "application_version": WORKFLOW_VERSION,
            "executor_id": executor,
            "serializer": _Json(),
            "log_level": "WARNING",
        }
        if url.startswith("sqlite"):
            config["db_engine_kwargs"] = {"connect_args": {"factory": _connection()}}
        DBOS(config=config)
        self._walk = _register(walk, self._walked)

    def launch(self) -> None:
        """Start, and recover what was under way. The library adopts the loop that it is started on: ours."""
        self._thread.start()

        async def begin() -> None:
            DBOS.launch()
            found = await DBOS.list_workflows_async(
                status=list(_UNDER_WAY), app_version=WORKFLOW_VERSION, load_input=False
            )
            self._recovered = {name for w in found for name in (w.workflow_id, w.workflow_id.rpartition(".")[0])}

        self._await(begin())

    @property
    def walked(self) -> frozenset[str]:
        """The enrollments that are walked now."""
        return frozenset(self._walked)

    def start(self, wanted: Sequence[tuple[str, int]]) -> None:
        """Walk (enrollment, attempt) that nobody walks; one that is walked, or waits to be recovered, is left alone.

        A workflow that has ended although its enrollment has not (the library gave it up, another copy of its database
        was put in place) is followed by another: the store knows where the stages stand.
        """
        named = [(e, f"{e}.{attempt}") for e, attempt in wanted if e not in self._walked]
        self._await(self._start_all([(e, name) for e, name in named if name not in self._recovered]))

    async def _start_all(self, wanted: list[tuple[str, str]]) -> None:
        # Each asks the library's database twice: one after the other they would take seconds.
        await asyncio.gather(*(self._start(enrollment, workflow) for enrollment, workflow in wanted))

    def tidy(self, most: int = 500) -> int:
        """Remove the library's rows of walks that have ended, so many at most; how many. The store has what matters."""
        return self._await(self._tidy(most))

    async def _tidy(self, most: int) -> int:
        done = await DBOS.list_workflows_async(status=["SUCCESS", "ERROR", "CANCELLED"], limit=most, load_input=False)
        if done:
            await DBOS.delete_workflows_async([status.workflow_id for status in done])
        return len(done)

    def rescue(self, enrollment: str, attempt: int) -> None:
        """Walk an attempt that should be walked and is not, although the library holds it for under way."""
        self._recovered.discard(f"{enrollment}.{attempt}")
        if enrollment not in self._walked:
            self._await(self._start(enrollment, f"{enrollment}.{attempt}", lost=True))

    async def _start(self, enrollment: str, workflow: str, *, lost: bool = False) -> None:
        number, name = 0, workflow
        while (status := await DBOS.get_workflow_status_async(name)) is not None:
            if status.status in _UNDER_WAY:
                if not lost and status.app_version == WORKFLOW_VERSION:
                    return
                await DBOS.cancel_workflow_async(name)
            number += 1
            name = f"{workflow}.{number}"
        if number:
            log.warning("walked-again", enrollment=enrollment, workflow=name)
        with SetWorkflowID(name):
            await DBOS.start_workflow_async(self._walk, enrollment)

    def stop(self) -> None:
        """Stop cleanly: steps are cancelled, which leaves no record; they are recovered at the next launch."""
        # Else the library warns twice of each node under way that it was cancelled, which is what was asked for.
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self._await(self._cancel())
        DBOS.destroy()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    async def _cancel(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)


def _prepare(url: str) -> None:
    if not url.startswith("sqlite"):
        return
    engine = sa.create_engine(url)
    os.close(os.open(str(engine.url.database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with engine.connect() as connection:
        connection.execute(sa.text("PRAGMA journal_mode=WAL"))
    engine.dispose()


def _connection() -> type[sqlite3.Connection]:
    """Of the library's database: what a power cut takes of its last moments is not missed, since the store knows where
    the stages stand, and a disk is not waited for at each of a thousand recoveries."""

    class Relaxed(connection_class(Turns())):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            super().execute("PRAGMA synchronous = NORMAL")

    return Relaxed


def _register(walk_all: Walk, walked: set[str]) -> Callable[[str], Coroutine[Any, Any, str]]:
    # Each start of the service counts as a recovery, and by default the library gives up at the 102nd.
    @DBOS.workflow(name="walk", max_recovery_attempts=None)
    async def walk(enrollment: str) -> str:
        if enrollment in walked:
            return "walked by another workflow"
        walked.add(enrollment)
        try:
            return "passed" if await DBOS.run_step_async({"name": "stages"}, walk_all, enrollment) else "failed"
        finally:
            walked.discard(enrollment)

    return walk
