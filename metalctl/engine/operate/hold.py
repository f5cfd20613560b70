"""hold, resume: the node goes no further than the step it is in. What runs on it runs to its end."""

from __future__ import annotations

from sqlalchemy import Engine

from metalctl.engine.operate.base import Done, set_mark, take_mark, under_way
from metalctl.model.errors import UsageError


def hold(database: Engine, node: str, actor: str, why: str = "") -> Done:
    """UsageError: it is not under way."""
    with database.connect() as connection:
        if under_way(connection, node) is None:
            raise UsageError(f"{node} is not under way: there is nothing to hold", hint=f"metalctl show {node}")
    return set_mark(database, node, "held", actor, why)


def resume(database: Engine, node: str, actor: str, why: str = "") -> Done:
    """Let it go on."""
    return take_mark(database, node, "held", "resume", actor, why)
