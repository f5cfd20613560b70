"""What the service last read of each node's BMC: power, health, when; and why it could not, where it could not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from metalctl.store import schema

_SHOWN = ("node", "tried", "seen", "power", "health", "problem")


@dataclass(frozen=True, slots=True)
class Look:
    """tried, seen: when it was asked last and when it last answered, ISO 8601; seen is "" for never.

    power, health: as they were then. problem: why the last try failed, "" when it did not.
    """

    node: str
    tried: str
    seen: str = ""
    power: str = ""
    health: str = ""
    problem: str = ""

    @property
    def word(self) -> str:
        """ "on", "off", "not read", or "power ?" where the BMC does not state it."""
        return "not read" if self.problem else self.power or "power ?"


def note(connection: Connection, looks: Iterable[Look]) -> None:
    """Write them down. Of one that failed what was read before stays; of a node that was forgotten nothing is kept."""
    table = schema.bmcs
    listed = set(connection.execute(select(schema.nodes.c.name)).scalars())
    for look in looks:
        if look.node not in listed:
            continue
        values = {"tried": look.tried, "problem": look.problem}
        if not look.problem:
            values |= {"seen": look.seen, "power": look.power, "health": look.health}
        changed = connection.execute(update(table).where(table.c.node == look.node).values(**values))
        if not changed.rowcount:
            connection.execute(insert(table).values(node=look.node, **values))


def everybodys(connection: Connection) -> dict[str, Look]:
    """By node."""
    rows = connection.execute(select(*(schema.bmcs.c[name] for name in _SHOWN)))
    return {row.node: Look(**row._mapping) for row in rows}


def known(connection: Connection, node: str) -> Any:
    """What is remembered of it, by which a change is seen; None for nothing."""
    return connection.execute(select(schema.bmcs.c.known).where(schema.bmcs.c.node == node)).scalar()


def remember(connection: Connection, node: str, value: dict[str, Any]) -> None:
    """Keep it for the next look, beside what was noted."""
    connection.execute(update(schema.bmcs).where(schema.bmcs.c.node == node).values(known=value))


def drop(connection: Connection, node: str) -> None:
    """Nothing is known any more: its BMC is another."""
    connection.execute(delete(schema.bmcs).where(schema.bmcs.c.node == node))
