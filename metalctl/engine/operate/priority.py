"""priority: who boots first when places are short. Higher goes first; 0 is usual."""

from __future__ import annotations

from sqlalchemy import Engine

from metalctl.engine.operate.base import Done, under_way
from metalctl.model.errors import UsageError
from metalctl.store import audit, enrollments, marks


def prioritize(database: Engine, node: str, priority: int, actor: str, why: str = "") -> Done:
    """UsageError: it is not under way, or the number is out of range."""
    if not -100 <= priority <= 100:
        raise UsageError(f"a priority is from -100 to 100, got {priority}", hint="0 is usual, higher goes first")
    with database.begin() as connection:
        found = under_way(connection, node)
        if found is None:
            raise UsageError(f"{node} is not under way: it waits for nothing", hint=f"metalctl show {node}")
        if found.priority == priority:
            return Done(node, f"has priority {priority} already", changed=False)
        enrollments.change(connection, found.id, priority=priority)
        audit.record(connection, node, "priority", actor=actor, why=why, priority=priority)
        marks.signal(connection, found.id)
    return Done(node, f"has priority {priority}")
