"""Fencing: each start of a service is an epoch, and only the newest one may act on nodes.

The service lock keeps a second service out. This is for the day on which it does not: a lock on a file system that
lies, a connection to the database that the server dropped, a process that was stopped and goes on after another took
over.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from metalctl.store import schema
from metalctl.store.database import lock, now
from metalctl.store.errors import Fenced


def begin(connection: Connection, service: str, holder: str) -> int:
    """A new epoch of a service; its number. The ones before may not act any more. holder: for people."""
    lock(connection)
    newest = connection.execute(select(func.max(schema.epochs.c.number))).scalar() or 0
    connection.execute(insert(schema.epochs).values(number=newest + 1, service=service, holder=holder, at=now()))
    return int(newest) + 1


def check(connection: Connection, service: str, number: int) -> None:
    """Raises Fenced when a newer epoch of the service has begun. 0 is nobody's: a stage that is called by hand."""
    if not number:
        return
    table = schema.epochs
    row = connection.execute(
        select(table).where(table.c.service == service, table.c.number > number).order_by(table.c.number.desc())
    ).first()
    if row is not None:
        raise Fenced(
            f"another service ({row.holder}) has taken over at {row.at}; this one may not act on nodes any more",
            hint="stop this process",
        )
