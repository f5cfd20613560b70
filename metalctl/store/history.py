"""What finished runs measured, over all enrollments that the store has, each with the node's inventory of then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, select

from metalctl.model.cohort import Past
from metalctl.model.inventory import Inventory
from metalctl.store import evidence, schema


def history(connection: Connection) -> Iterator[Past]:
    """All runs, enrollment by enrollment, the newest first.

    Of a run that is under way, was lost or whose journal is not whole, nothing is believed.
    """
    table = schema.enrollments
    yield from _each(connection, _MEASURED.order_by(table.c.number.desc()))


def beside(connection: Connection, node: str, profile: str, newest: int) -> Iterator[Past]:
    """The same of one profile, so many enrollments at most: those of that node, then the newest of the others."""
    table = schema.enrollments
    query = _MEASURED.where(table.c.profile == profile).order_by(table.c.node != node, table.c.number.desc())
    yield from _each(connection, query.limit(newest))


_MEASURED = select(schema.enrollments.c.id, schema.enrollments.c.node).where(
    schema.enrollments.c.id.in_(
        select(schema.runs.c.enrollment).where(schema.runs.c.state == "finished", schema.runs.c.kind != "install")
    )
)


def _each(connection: Connection, query: Select[Any]) -> Iterator[Past]:
    for row in connection.execute(query).all():
        yield from _of(connection, row.id, row.node)


def _of(connection: Connection, enrollment: str, node: str) -> Iterator[Past]:
    taken: dict[str, Inventory | None] = {}
    for row in evidence.runs(connection, enrollment):
        if row.kind == "install" or (row.final or {}).get("event") != "run-finished":
            continue
        side = "installed" if row.kind == "accept" else "in-band"
        if side not in taken:
            found = evidence.inventory(connection, enrollment, side)
            taken[side] = found or evidence.inventory(connection, enrollment, "in-band")
        yield Past(node, row.kind, row.level, row.started, tuple(row.results), taken[side])
