"""forget: the node and its enrollments are removed from the store. Its audit trail and its written reports stay."""

from __future__ import annotations

from sqlalchemy import Engine

from metalctl.engine.operate.base import Done, refuse_under_way
from metalctl.engine.reach import access
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError
from metalctl.store import audit, enrollments, marks, nodes
from metalctl.store.database import lock
from metalctl.store.errors import NotFound


def forget(database: Engine, state: StateDir, node: str, actor: str, why: str = "") -> Done:
    """UsageError: it is under way, or quarantined: enrolled anew it would be trusted again."""
    with database.begin() as connection:
        lock(connection)
        try:
            refuse_under_way(connection, node, "forgotten")
        except NotFound:
            return Done(node, "is not known", changed=False)
        if (mark := marks.of_node(connection, node).get("quarantined")) is not None:
            raise UsageError(f"{node} is {mark}", hint=f"if that is over: metalctl release {node}, and forget it then")
        gone = [e.id for e in enrollments.listing(connection) if e.node == node]
        nodes.forget(connection, node)
        audit.record(connection, node, "forget", actor=actor, why=why, enrollments=len(gone))
    for enrollment in gone:
        access.delete_key(state, enrollment)
    return Done(node, f"is forgotten, with {len(gone)} enrollments; its reports and its audit trail stay")
