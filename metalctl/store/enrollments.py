"""Enrollments: one walk of one node along the path, its batch, and a record of each stage."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    bindparam,
    func,
    insert,
    select,
    update,
)

from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import schema
from metalctl.store.database import now
from metalctl.store.errors import NotFound, Stale


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One row. fault: "" | "hardware" | "metalctl": whose fault a failure is (decides the exit code).

    number: later enrollments have higher ones. elapsed: seconds of work on its stage. verdicts: how many findings of
    each; problem: the first that blocks, as a person reads it. priority: higher boots first. expected: seconds until
    its turn, while it waits for one.
    """

    id: str
    node: str
    batch: str
    profile: str
    stage: Stage
    condition: Condition
    why: str
    created: str
    updated: str
    attempt: int = 1
    fault: str = ""
    profile_digest: str = ""
    number: int = 0
    elapsed: float = 0.0
    verdicts: dict[str, int] = field(default_factory=dict)
    problem: str = ""
    pins: dict[str, str] = field(default_factory=dict)
    priority: int = 0
    expected: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        if self.condition is Condition.FAILED:
            return True
        return self.stage is ORDER[-1] and self.condition is Condition.DONE


def new_batch(connection: Connection, options: dict[str, Any]) -> str:
    """A new batch; its id tells when it was made, and is no other's."""
    taken = set(connection.execute(select(schema.batches.c.id)).scalars())
    batch = _batch_id()
    while batch in taken:
        batch = _batch_id()
    connection.execute(insert(schema.batches).values(id=batch, created=now(), options=options))
    return batch


def _batch_id() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def batch_options(connection: Connection, batch: str) -> dict[str, Any]:
    """What the batch was asked to do."""
    return dict(connection.execute(_OPTIONS, {"batch": batch}).scalar_one())


def set_batch_option(connection: Connection, batch: str, name: str, value: object) -> None:
    """Change one option of a batch."""
    options = {**batch_options(connection, batch), name: value}
    connection.execute(update(schema.batches).where(schema.batches.c.id == batch).values(options=options))


def last_batch(connection: Connection) -> str:
    """The newest batch; NotFound when nothing was ever enrolled."""
    table = schema.enrollments  # their numbers grow, whatever the clock does
    found = connection.execute(select(table.c.batch).order_by(table.c.number.desc()).limit(1)).scalar()
    if found is None:
        raise NotFound("nothing was enrolled yet", hint="metalctl enroll nodes.csv")
    return str(found)


def new(connection: Connection, node: str, batch: str, profile: str, service: str = "") -> str:
    """A new enrollment at the start of the path; returns its id. service: the boot network that shall walk it."""
    identifier = f"{node}-{secrets.token_hex(4)}"
    row = {"id": identifier, "node": node, "batch": batch, "profile": profile, "created": now(), "updated": now()}
    state = {"stage": Stage.DISCOVERED.value, "condition": Condition.WAITING.value, "why": "queued", "attempt": 1}
    newest = select(func.coalesce(func.max(schema.enrollments.c.number), 0) + 1).scalar_subquery()
    connection.execute(
        insert(schema.enrollments).values(**row, **state, fault="", profile_digest="", number=newest, service=service)
    )
    return identifier


_STAGES, _CONDITIONS = {s.value: s for s in Stage}, {c.value: c for c in Condition}
_FIELDS = [field.name for field in fields(Enrollment)]
_STAGE, _CONDITION = _FIELDS.index("stage"), _FIELDS.index("condition")


def _select() -> Select[Any]:
    """The columns of an Enrollment, in its order: ten thousand of them are read for one list."""
    return select(*(schema.enrollments.c[name] for name in _FIELDS))


def _enrollment(row: Row[Any]) -> Enrollment:
    values = list(row)
    values[_STAGE], values[_CONDITION] = _STAGES[values[_STAGE]], _CONDITIONS[values[_CONDITION]]
    return Enrollment(*values)


# Made once: to put a statement together takes longer than to run it, and every tick asks for these.
_BY_ID = _select().where(schema.enrollments.c.id == bindparam("identifier"))
_OPTIONS = select(schema.batches.c.options).where(schema.batches.c.id == bindparam("batch"))


def get(connection: Connection, identifier: str) -> Enrollment:
    """One enrollment by id."""
    row = connection.execute(_BY_ID, {"identifier": identifier}).one_or_none()
    if row is None:
        raise NotFound(f"no enrollment {identifier!r}")
    return _enrollment(row)


def latest(connection: Connection, node: str) -> Enrollment:
    """The newest enrollment of a node."""
    query = _select().where(schema.enrollments.c.node == node)
    row = connection.execute(query.order_by(schema.enrollments.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound(f"node {node!r} was never enrolled", hint="metalctl nodes lists the enrolled ones")
    return _enrollment(row)


def of_node(connection: Connection, node: str) -> list[Enrollment]:
    """All enrollments of a node, the newest first."""
    query = _select().where(schema.enrollments.c.node == node).order_by(schema.enrollments.c.number.desc())
    return [_enrollment(row) for row in connection.execute(query)]


def listing(connection: Connection, batch: str | None = None) -> list[Enrollment]:
    """Enrollments of a batch, or of all, by node name."""
    query = _select().order_by(schema.enrollments.c.node, schema.enrollments.c.number)
    if batch is not None:
        query = query.where(schema.enrollments.c.batch == batch)
    return [_enrollment(row) for row in connection.execute(query)]


def change(connection: Connection, identifier: str, **values: object) -> None:
    """Change columns of an enrollment; `updated` follows."""
    query = update(schema.enrollments).where(schema.enrollments.c.id == identifier)
    connection.execute(query.values(**values, updated=now()))


@cache
def _advance(names: tuple[str, ...]) -> Update:
    """Made once for each set of columns."""
    table = schema.enrollments
    mine = (table.c.id == bindparam("of")) & (table.c.attempt == bindparam("during")) & ~_ended()
    return update(table).where(mine).values({name: bindparam(name) for name in (*names, "updated")})


def advance(connection: Connection, read: Enrollment, **values: object) -> None:
    """The same by the walk of one attempt; Stale when the enrollment has ended or tries again since it was read."""
    words = {"of": read.id, "during": read.attempt, **values, "updated": now()}
    if connection.execute(_advance(tuple(sorted(values))), words).rowcount == 0:
        raise Stale(f"{read.id}: attempt {read.attempt} is no longer under way")


def under_way(connection: Connection, service: str | None = None) -> list[tuple[str, int]]:
    """(id, attempt) of each enrollment that somebody has to walk; with a service, of those that it has to."""
    return [(identifier, attempt) for identifier, attempt in connection.execute(_under_way(service))]


@cache
def _under_way(service: str | None) -> Select[Any]:
    """Made once: it is asked twice a second, of a thousand."""
    table = schema.enrollments
    query = select(table.c.id, table.c.attempt).where(~_ended()).order_by(table.c.number)
    return query if service is None else query.where(table.c.service == service)


def newest(connection: Connection, batch: str | None = None) -> list[Enrollment]:
    """The newest enrollment of each node, or all of a batch, by node name."""
    table = schema.enrollments
    query = _select().order_by(table.c.node)
    if batch is not None:
        return [_enrollment(row) for row in connection.execute(query.where(table.c.batch == batch))]
    last = select(func.max(table.c.number)).group_by(table.c.node).scalar_subquery()
    return [_enrollment(row) for row in connection.execute(query.where(table.c.number.in_(last)))]


def _ended() -> ColumnElement[bool]:
    table = schema.enrollments
    passed = (table.c.stage == ORDER[-1].value) & (table.c.condition == Condition.DONE.value)
    return (table.c.condition == Condition.FAILED.value) | passed


def unreported(connection: Connection) -> list[Enrollment]:
    """Those that have ended and whose pages of that end were not written yet."""
    table = schema.enrollments
    query = _select().where(_ended(), table.c.reported < table.c.attempt)
    return [_enrollment(row) for row in connection.execute(query)]


def unfinished(connection: Connection, batch: str, *, reported: bool = True) -> int:
    """How many of a batch have not ended; with `reported`, or have ended and their pages are not written."""
    table = schema.enrollments
    open_ = ~_ended() | (table.c.reported < table.c.attempt) if reported else ~_ended()
    return int(connection.execute(select(func.count()).where(table.c.batch == batch, open_)).scalar_one())


def reported(connection: Connection, identifier: str) -> int:
    """Of which attempt the pages were written last; 0: of none."""
    table = schema.enrollments
    return int(connection.execute(select(table.c.reported).where(table.c.id == identifier)).scalar_one())


def set_reported(connection: Connection, ended: Enrollment) -> None:
    """The pages of the end of this attempt are written: they are evidence, and are not written again."""
    table = schema.enrollments
    connection.execute(update(table).where(table.c.id == ended.id).values(reported=ended.attempt))
