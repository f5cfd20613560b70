"""The audit trail: who did what to which node, and when. Append-only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from metalctl.store import schema
from metalctl.store.database import now


def record(connection: Connection, node: str, action: str, actor: str = "metalctl", **detail: Any) -> None:
    """Append one line. `detail` is JSON values and never a secret."""
    row = {"at": now(), "node": node, "actor": actor, "action": action, "detail": detail}
    connection.execute(insert(schema.audit).values(**row))


def of_node(connection: Connection, node: str) -> list[dict[str, Any]]:
    """All lines of a node, oldest first: at, actor, action, detail."""
    table = schema.audit
    query = select(table.c.at, table.c.actor, table.c.action, table.c.detail).where(table.c.node == node)
    return [dict(row._mapping) for row in connection.execute(query.order_by(table.c.id))]
