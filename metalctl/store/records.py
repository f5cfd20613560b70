"""The record of each stage of an enrollment, written by compare-and-set."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, String, bindparam, cast, delete, insert, select, update

from metalctl.model.codec import decode, encode
from metalctl.model.dossier import StageRecord
from metalctl.model.finding import Finding
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import schema
from metalctl.store.errors import Stale


@dataclass(slots=True)
class StageRow:
    """A stage in work: elapsed counts seconds in which the service ran it; memo is the stage's own small notes.

    version: counts the writes, 0 for a row that was never written: who writes must have read the last one.
    """

    record: StageRecord
    elapsed: float = 0.0
    ticked: str = ""
    memo: dict[str, Any] = field(default_factory=dict)
    version: int = 0


def _stage_row(row: Row[tuple[object, ...]]) -> StageRow:
    data = dict(row._mapping)
    record = StageRecord(
        stage=Stage(data["stage"]),
        condition=Condition(data["condition"]),
        started=data["started"],
        finished=data["finished"],
        evidence=data["evidence"],
        findings=tuple(decode(Finding, f) for f in data["findings"]),
        attempts=data["attempts"],
    )
    return StageRow(record, data["elapsed"], data["ticked"], dict(data["memo"]), data["version"])


# Made once: to put a statement together takes longer than to run it, and every tick asks for these.
_MINE = (schema.stages.c.enrollment == bindparam("of")) & (schema.stages.c.stage == bindparam("which"))
_READ = select(schema.stages).where(_MINE)
_DONE = select(schema.stages.c.stage).where(
    schema.stages.c.enrollment == bindparam("of"), schema.stages.c.condition == Condition.DONE.value
)
_WRITE = update(schema.stages).where(_MINE, schema.stages.c.version == bindparam("read"))


def stage(connection: Connection, identifier: str, which: Stage) -> StageRow | None:
    """The record of one stage; None when it was not begun."""
    row = connection.execute(_READ, {"of": identifier, "which": which.value}).one_or_none()
    return _stage_row(row) if row is not None else None


def done(connection: Connection, identifier: str) -> frozenset[str]:
    """The names of the stages that it has passed."""
    return frozenset(connection.execute(_DONE, {"of": identifier}).scalars())


def stages(connection: Connection, identifier: str) -> list[StageRow]:
    """All begun stages in the order of the path."""
    rows = connection.execute(select(schema.stages).where(schema.stages.c.enrollment == identifier))
    found = [_stage_row(row) for row in rows]
    return sorted(found, key=lambda s: ORDER.index(s.record.stage))


def memos(connection: Connection, batch: str, which: Stage) -> dict[str, tuple[Condition, dict[str, Any]]]:
    """By enrollment of a batch, how one of its stages stands and what it noted; those that did not begin it lack."""
    table, owner = schema.stages, schema.enrollments
    mine = select(owner.c.id).where(owner.c.batch == batch)
    query = select(table.c.enrollment, table.c.condition, table.c.memo).where(table.c.stage == which.value)
    return {
        row.enrollment: (Condition(row.condition), dict(row.memo))
        for row in connection.execute(query.where(table.c.enrollment.in_(mine)))
    }


def save_stage(connection: Connection, identifier: str, row: StageRow) -> None:
    """Write the record of a stage, new or changed; Stale when somebody wrote it since it was read."""
    record = row.record
    values = {
        "condition": record.condition.value,
        "started": record.started,
        "finished": record.finished,
        "attempts": record.attempts,
        "evidence": encode(record.evidence),
        "findings": encode(record.findings),
        "elapsed": row.elapsed,
        "ticked": row.ticked,
        "memo": row.memo,
        "version": row.version + 1,
    }
    key = {"of": identifier, "which": record.stage.value}
    if row.version == 0:
        if connection.execute(_READ, key).first() is not None:
            raise _stale(identifier, record.stage)
        connection.execute(insert(schema.stages).values(enrollment=identifier, stage=record.stage.value, **values))
    elif connection.execute(_WRITE, {**key, "read": row.version, **values}).rowcount == 0:
        raise _stale(identifier, record.stage)
    row.version += 1


def _stale(identifier: str, stage: Stage) -> Stale:
    return Stale(f"{identifier}: {stage} was written by another since it was read")


def forget_stage(connection: Connection, identifier: str, which: Stage) -> None:
    """Drop the record of a stage, so that it is walked again; the audit trail keeps that it was."""
    table = schema.stages
    connection.execute(delete(table).where(table.c.enrollment == identifier, table.c.stage == which.value))


def summarize(connection: Connection, identifier: str) -> None:
    """Keep beside the enrollment what a list shows of its findings."""
    table = schema.stages
    rows = connection.execute(select(table.c.stage, table.c.findings).where(table.c.enrollment == identifier)).all()
    ordered = sorted(rows, key=lambda row: ORDER.index(Stage(row.stage)))
    found = [decode(Finding, finding) for row in ordered for finding in row.findings]
    blocking = next((f for f in found if f.blocks), None)
    problem = " · ".join(
        part for part in (blocking.requirement, blocking.got or str(blocking.verdict), blocking.part) if part
    ) if blocking else ""  # fmt: skip
    values = {"verdicts": dict(Counter(str(f.verdict) for f in found)), "problem": problem}
    connection.execute(update(schema.enrollments).where(schema.enrollments.c.id == identifier).values(**values))


def findings(connection: Connection, identifiers: list[str]) -> dict[str, list[dict[str, Any]]]:
    """By enrollment, its findings as JSON in the order of the path."""
    table = schema.stages
    query = select(table.c.enrollment, table.c.stage, table.c.findings)
    wanted, found = set(identifiers), defaultdict(list)
    for row in connection.execute(query.where(cast(table.c.findings, String) != "[]")):
        if row.enrollment in wanted:
            found[row.enrollment].append((ORDER.index(Stage(row.stage)), row.findings))
    return {key: [f for _, some in sorted(rows, key=itemgetter(0)) for f in some] for key, rows in found.items()}
