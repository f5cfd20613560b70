"""prune: ended enrollments of long ago are removed. The newest of each node stays, and so does the audit trail."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from metalctl.engine.reach import access
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError
from metalctl.store import audit, enrollments, nodes
from metalctl.store.database import lock
from metalctl.store.enrollments import Enrollment


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many enrollments, and which batches lost all of theirs (their reports are removed with them)."""

    enrollments: int
    batches: tuple[str, ...]


def prune(database: Engine, state: StateDir, days: float, actor: str, *, dry: bool = False) -> Pruned:
    """Remove what ended more than so many days ago. UsageError: less than a day."""
    if days < 1:
        raise UsageError(f"{days:g} days is too short", hint="keep at least a day: --older-than 30")
    before = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    with database.begin() as connection:
        lock(connection)
        gone = _old(connection, before)
        ids = {e.id for e in gone}
        kept = {e.batch for e in enrollments.listing(connection) if e.id not in ids}
        empty = tuple(sorted({e.batch for e in gone} - kept))
        if dry or not gone:
            return Pruned(len(gone), empty)
        for enrollment in gone:
            nodes.drop_enrollment(connection, enrollment.id)
        audit.record(connection, "", "prune", actor=actor, enrollments=len(gone), days=days)
    for enrollment in gone:
        access.delete_key(state, enrollment.id)
    for batch in empty:
        shutil.rmtree(state.reports(batch), ignore_errors=True)
    return Pruned(len(gone), empty)


def _old(connection: Connection, before: str) -> list[Enrollment]:
    newest = {e.id for e in enrollments.newest(connection)}
    return [e for e in enrollments.listing(connection) if e.ended and e.updated < before and e.id not in newest]
