"""quarantine, release: the node is not trusted. It may be read and matched, and nothing may be written or installed."""

from __future__ import annotations

from sqlalchemy import Engine

from metalctl.engine.operate.base import Done, set_mark, take_mark
from metalctl.model.errors import UsageError


def quarantine(database: Engine, node: str, actor: str, why: str) -> Done:
    """UsageError: without a reason."""
    if not why.strip():
        raise UsageError(f"say why {node} is quarantined", hint="--why 'wrong serial on the chassis label'")
    return set_mark(database, node, "quarantined", actor, why)


def release(database: Engine, node: str, actor: str, why: str = "") -> Done:
    """It may be enrolled to its end."""
    return take_mark(database, node, "quarantined", "release", actor, why)
