"""What finished runs measured, over all enrollments that the store has, each with the node's inventory of then."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from metalctl.model.cohort import Past
from metalctl.model.inventory import Inventory
from metalctl.store import evidence, schema


def history(connection: Connection, profile: str | None = None, newest: int | None = None) -> Iterator[Past]:
    """The runs, enrollment by enrollment, the newest first; of one profile and so many enrollments, where stated.

    Of a run that is under way, was lost or whose journal is not whole, nothing is believed.
    """
    table, runs = schema.enrollments, schema.runs
    finished = select(runs.c.enrollment).where(runs.c.state == "finished", runs.c.kind != "install")
    query = select(table.c.id, table.c.node).where(table.c.id.in_(finished)).order_by(table.c.number.desc())
    if profile is not None:
        query = query.where(table.c.profile == profile)
    for enrollment, node in connection.execute(query.limit(newest)).all():
        yield from _of(connection, enrollment, node)


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
