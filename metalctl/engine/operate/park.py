"""park, unpark: an operator works on the node. metalctl stands down and alerts are silent, at most until a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from metalctl.engine.operate.base import Done, set_mark, take_mark
from metalctl.model.errors import UsageError


def park(database: Engine, node: str, actor: str, why: str, until: str = "") -> Done:
    """until: ISO 8601 with offset, "" for no end. UsageError: without a reason."""
    if not why.strip():
        raise UsageError(f"say why {node} is parked", hint="--why 'DIMM A3 is being replaced'")
    if until and datetime.fromisoformat(until).tzinfo is None:
        raise UsageError(f"{until} is a time of no zone", hint="with its offset: 2026-12-24T18:00+01:00")
    return set_mark(database, node, "parked", actor, why, until)


def unpark(database: Engine, node: str, actor: str, why: str = "") -> Done:
    """metalctl goes on with it."""
    return take_mark(database, node, "parked", "unpark", actor, why)
