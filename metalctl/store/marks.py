"""An operator's hand on a node: marks with who, why and until when. And signals: "look at this enrollment now".

Kinds: "held" (goes no further), "parked" (metalctl stands down, alerts are silent), "quarantined" (nothing but reading
may run), "cancelled" (to be ended as soon as no write is under way).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from metalctl.store import schema
from metalctl.store.database import now

KINDS = ("cancelled", "parked", "quarantined", "held")


@dataclass(frozen=True, slots=True)
class Mark:
    """until: ISO 8601, "" for no end."""

    node: str
    kind: str
    who: str
    why: str
    at: str
    until: str = ""

    @property
    def over(self) -> bool:
        """Whether its time has come."""
        return bool(self.until) and datetime.fromisoformat(self.until) <= datetime.now(UTC)

    def __str__(self) -> str:
        end = f", until {self.until[:16].replace('T', ' ')} UTC" if self.until else ""
        return f"{self.kind} by {self.who}{f': {self.why}' if self.why else ''}{end}"


def put(connection: Connection, mark: Mark) -> None:
    """Set it; one of the same kind is replaced."""
    remove(connection, mark.node, mark.kind)
    values = {name: getattr(mark, name) for name in Mark.__slots__}
    connection.execute(insert(schema.marks).values(**values))


def remove(connection: Connection, node: str, kind: str) -> bool:
    """Take it away; whether it was there."""
    table = schema.marks
    return connection.execute(delete(table).where(table.c.node == node, table.c.kind == kind)).rowcount > 0


def of_node(connection: Connection, node: str) -> dict[str, Mark]:
    """By kind, those whose time has not ended."""
    return everybodys(connection, node).get(node, {})


def everybodys(connection: Connection, node: str | None = None) -> dict[str, dict[str, Mark]]:
    """By node and kind, of all nodes or of one."""
    query = select(schema.marks)
    if node is not None:
        query = query.where(schema.marks.c.node == node)
    found: dict[str, dict[str, Mark]] = defaultdict(dict)
    for row in connection.execute(query):
        if not (mark := Mark(**row._mapping)).over:
            found[mark.node][mark.kind] = mark
    return found


def signal(connection: Connection, enrollment: str) -> None:
    """Whoever walks this enrollment shall look now."""
    connection.execute(insert(schema.signals).values(enrollment=enrollment, at=now()))


def signals(connection: Connection, service: str | None = None) -> list[str]:
    """The enrollments to look at; they are told once. service: only those that it walks, where several have one store.

    Those whose enrollment is gone are anybody's.
    """
    table, owner = schema.signals, schema.enrollments
    query = select(table.c.id, table.c.enrollment)
    if service is not None:
        others = select(owner.c.id).where(owner.c.service != service)
        query = query.where(table.c.enrollment.not_in(others))
    rows = connection.execute(query).all()
    if rows:
        # These and no others: on PostgreSQL one of a lower number may have come since they were read.
        connection.execute(delete(table).where(table.c.id.in_([row.id for row in rows])))
    return list(dict.fromkeys(row.enrollment for row in rows))
