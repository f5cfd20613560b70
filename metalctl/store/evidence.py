"""What was seen: inventories, runs of checks and their tail positions, artifacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from metalctl.model.codec import decode, encode
from metalctl.model.dossier import Artifact
from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult
from metalctl.store import schema
from metalctl.store.database import now


@dataclass(slots=True)
class RunRow:
    """A run on a node. state: "running", "finished" or "lost". offset: bytes of its journal that were read."""

    run_id: str
    enrollment: str
    kind: str
    level: str
    boot_id: str
    state: str = "running"
    offset: int = 0
    entries: int = 0
    progress: str = ""
    results: list[CheckResult] = field(default_factory=list)
    final: dict[str, Any] | None = None
    started: str = ""
    finished: str = ""


def add_inventory(connection: Connection, node: str, enrollment: str, kind: str, inventory: Inventory) -> None:
    """Keep an inventory; kind: "out-of-band", "in-band" (ramdisk) or "installed". Older ones stay."""
    row = {"node": node, "enrollment": enrollment, "kind": kind, "taken": inventory.taken or now()}
    connection.execute(insert(schema.inventories).values(**row, data=encode(inventory)))


def inventory(connection: Connection, enrollment: str, kind: str, *, after: int = 0) -> Inventory | None:
    """The newest inventory of that kind of this enrollment; only one of a higher id than `after`."""
    table = schema.inventories
    query = select(table.c.data).where(table.c.enrollment == enrollment, table.c.kind == kind, table.c.id > after)
    data = connection.execute(query.order_by(table.c.id.desc()).limit(1)).scalar()
    return decode(Inventory, data) if data is not None else None


def peers(connection: Connection, node: str, profile: str, limit: int) -> list[Inventory]:
    """The newest inventories from inside of other nodes of that profile, one a node, at most so many."""
    table, owner = schema.inventories, schema.enrollments
    mine = (owner.c.id == table.c.enrollment) & (owner.c.profile == profile) & (table.c.node != node)
    newest = select(func.max(table.c.id)).join(owner, mine).where(table.c.kind == "in-band").group_by(table.c.node)
    query = select(table.c.data).where(table.c.id.in_(newest)).order_by(table.c.id.desc()).limit(limit)
    return [decode(Inventory, data) for data in connection.execute(query).scalars()]


def newest_inventory(connection: Connection, enrollment: str, kind: str) -> int:
    """The id of the last inventory of that kind of an enrollment; 0 when there is none."""
    table = schema.inventories
    query = select(func.max(table.c.id)).where(table.c.enrollment == enrollment, table.c.kind == kind)
    return connection.execute(query).scalar() or 0


def last_two(connection: Connection, node: str, kind: str) -> list[Inventory]:
    """The newest inventories of that kind of a node, of whatever enrollment: at most two, the older one first."""
    table = schema.inventories
    query = select(table.c.data).where(table.c.node == node, table.c.kind == kind)
    found = connection.execute(query.order_by(table.c.id.desc()).limit(2)).scalars()
    return [decode(Inventory, data) for data in found][::-1]


# Made once: to put a statement together takes longer than to run it, and every tick asks for this.
_RUN = select(schema.runs).where(schema.runs.c.run_id == bindparam("id"))


def run(connection: Connection, run_id: str) -> RunRow | None:
    """One run by its id."""
    row = connection.execute(_RUN, {"id": run_id}).one_or_none()
    return _run(dict(row._mapping)) if row is not None else None


def runs(connection: Connection, enrollment: str) -> list[RunRow]:
    """All runs of an enrollment in the order in which they were started."""
    query = select(schema.runs).where(schema.runs.c.enrollment == enrollment).order_by(schema.runs.c.started)
    return [_run(dict(row._mapping)) for row in connection.execute(query)]


def _run(data: dict[str, Any]) -> RunRow:
    results = [decode(CheckResult, r) for r in data.pop("results")]
    return RunRow(**data, results=results)


def save_run(connection: Connection, row: RunRow) -> None:
    """Write a run, new or changed."""
    values = {name: getattr(row, name) for name in RunRow.__slots__ if name != "run_id"}
    values["results"] = encode(row.results)
    if connection.execute(update(schema.runs).where(schema.runs.c.run_id == row.run_id).values(**values)).rowcount == 0:
        connection.execute(insert(schema.runs).values(run_id=row.run_id, **values))


def set_artifacts(connection: Connection, enrollment: str, found: list[Artifact]) -> None:
    """Record files; one of the same path is replaced."""
    table = schema.artifacts
    for item in found:
        connection.execute(delete(table).where(table.c.enrollment == enrollment, table.c.path == item.path))
        connection.execute(insert(table).values(enrollment=enrollment, **encode(item)))


def artifacts(connection: Connection, enrollment: str) -> list[Artifact]:
    """The files kept of an enrollment."""
    table = schema.artifacts
    query = select(table.c.kind, table.c.path, table.c.sha256).where(table.c.enrollment == enrollment)
    return [Artifact(*row) for row in connection.execute(query.order_by(table.c.path))]
