"""cancel: a node or a batch ends. A write that is under way is let end first; what is left on the disks is told."""

from __future__ import annotations

from sqlalchemy import Engine

from metalctl.engine.operate.base import Done, set_mark, under_way
from metalctl.model.errors import UsageError
from metalctl.store import enrollments


def cancel(database: Engine, node: str, actor: str, why: str = "") -> Done:
    """UsageError: it is not under way, so that there is nothing to cancel."""
    with database.connect() as connection:
        if under_way(connection, node) is None:
            raise UsageError(f"{node} is not under way: there is nothing to cancel", hint=f"metalctl show {node}")
    done = set_mark(database, node, "cancelled", actor, why)
    return Done(node, "ends as soon as nothing is being written to its disks", done.changed)


def of_batch(database: Engine, batch: str) -> list[str]:
    """The nodes of a batch that are under way; UsageError: there is no such batch."""
    with database.connect() as connection:
        listed = enrollments.listing(connection, batch)
    if not listed:
        raise UsageError(f"no batch is called {batch!r}", hint="metalctl nodes --json names the batch of each node")
    return [e.node for e in listed if not e.ended]
