"""Taking nodes in: all rows are checked first, and all are written or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from metalctl.content import profiles
from metalctl.content.errors import Problem, ProfileError
from metalctl.content.secrets import resolve
from metalctl.engine.durability import pins
from metalctl.engine.pipeline import again as trying_again
from metalctl.engine.pipeline import cohort, power
from metalctl.model.errors import MetalctlError, UsageError
from metalctl.model.stage import Condition, Stage
from metalctl.store import audit, enrollments, marks, nodes, pairs, records
from metalctl.store.database import lock
from metalctl.store.errors import NotFound


@dataclass(frozen=True, slots=True)
class Row:
    """One node to enroll; `where` names its source for messages ("nodes.csv:3").

    authorities: PEM file of the CAs that vouch for the BMC's certificate, "" to pin it or leave what is known.
    expected: the machine of the manifest that it must turn out to be (bmc.manifest.Machine as JSON), None for any.
    columns: the names of the columns of that source, to say in which a mistake is.
    """

    name: str
    bmc: str
    credential: str
    profile: str
    where: str = ""
    expected: dict[str, Any] | None = None
    authorities: str = ""
    columns: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    """batch: the new one, "" when there was nothing to do. left_alone: nodes that are handed over already."""

    batch: str
    left_alone: tuple[str, ...] = ()


def check(database: Engine, rows: Sequence[Row], again: Sequence[str] = ()) -> None:
    """Refuse bad rows, writing nothing; UsageError lists every bad row."""
    with database.connect() as connection:
        _refuse(connection, rows, again)


def submit(
    database: Engine,
    rows: Sequence[Row],
    *,
    level: str,
    allow_erase: bool,
    full_read: bool = False,
    again: Sequence[str] = (),
    service: str = "",
    actor: str = "operator",
    why: str = "",
) -> Submitted:
    """A new batch of these nodes. UsageError lists every bad row, and then nothing is kept.

    Nodes that are handed over are in use: they are left alone, except those named in `again`. service: the boot
    network whose service shall walk them, where several have one store. actor, why: for the audit trail.
    """
    with database.begin() as connection:
        lock(connection)
        _refuse(connection, rows, again)
        left = tuple(row.name for row in rows if row.name not in again and _handed_over(connection, row.name))
        rows = [row for row in rows if row.name not in left]
        if not rows:
            return Submitted("", left)
        expected = {row.name: row.expected for row in rows if row.expected}
        options = {"level": level, "allow_erase": allow_erase, "full_read": full_read, "expected": expected}
        batch = enrollments.new_batch(connection, options)
        pinned = {name: pins.take(connection, name) for name in {row.profile for row in rows}}
        for row in rows:
            nodes.put(connection, row.name, row.bmc, row.credential, row.profile, row.authorities)
            _forget_cancel(connection, row.name)
            enrollment = enrollments.new(connection, row.name, batch, row.profile, service)
            pins.pin(connection, enrollment, row.profile, pinned[row.profile])
            done_before = {"again": True} if row.name in again else {}
            told = {"batch": batch, "profile": row.profile, **done_before}
            audit.record(connection, row.name, "enroll", actor=actor, why=why, **told)
    return Submitted(batch, left)


def handed_over(database: Engine, names: Sequence[str]) -> list[str]:
    """Those of the nodes that came to the good end of their newest enrollment."""
    with database.connect() as connection:
        return [name for name in names if _handed_over(connection, name)]


def _handed_over(connection: Connection, name: str) -> bool:
    """It came to the good end, and nothing was done to the machine since: what was queued after that and ended before
    the power was switched (a cancel, a BMC that did not answer) leaves it in use.
    """
    for enrollment in enrollments.of_node(connection, name):
        if not enrollment.ended or enrollment.condition is Condition.DONE:
            return enrollment.ended
        if power.touched(connection, enrollment):
            return False
    return False


def _refuse(connection: Connection, rows: Sequence[Row], again: Sequence[str] = ()) -> None:
    # A thousand rows name one credential and a few profiles.
    different = {(row.credential, row.profile): row for row in rows}
    known = {what: _problems(row) for what, row in different.items()}
    told = [_told(row, [*known[row.credential, row.profile], *_conflicts(connection, row)]) for row in rows]
    told += [f"--again {name}: no such row" for name in again if name not in {row.name for row in rows}]
    told += [f"--again {name}: it is not handed over" for name in again if not _handed_over(connection, name)]
    if bad := [line for line in told if line]:
        raise UsageError("\n".join(bad), hint="nothing was enrolled; correct these rows and try again")


def _told(row: Row, found: list[tuple[str, str]]) -> str:
    """All mistakes of a row as one line, after where the first is: "nodes.csv:3:4: …"; "" when there is none."""
    if not found:
        return ""
    columns = list(row.columns)
    place = [row.where or row.name, *([str(columns.index(found[0][0]) + 1)] if found[0][0] in columns else [])]
    return f"{':'.join(place)}: {'; '.join(text for _, text in found)}"


def check_retry(database: Engine, names: Sequence[str]) -> None:
    """Refuse nodes that cannot retry, writing nothing; UsageError or NotFound names one."""
    with database.connect() as connection:
        _failed(connection, names)


@dataclass(frozen=True, slots=True)
class Retried:
    """told: what changed since these nodes were queued, and whether it is taken, as lines for a person."""

    batch: str
    told: tuple[str, ...] = ()


def retry(
    database: Engine, names: Sequence[str], *, allow_erase: bool, full_read: bool = False, actor: str = "operator"
) -> Retried:
    """Let failed enrollments of one batch go on (engine.again says from where).

    allow_erase, full_read are for these nodes only. UsageError: one is not failed, or they are of several batches.
    """
    with database.begin() as connection:
        lock(connection)
        found = _failed(connection, names)
        told = [line for enrollment in found for line in _reopen(connection, enrollment, allow_erase, full_read, actor)]
    return Retried(found[0].batch, tuple(told))


def _failed(connection: Connection, names: Sequence[str]) -> list[enrollments.Enrollment]:
    found = [enrollments.latest(connection, name) for name in dict.fromkeys(names)]
    for enrollment in found:
        if enrollment.condition is not Condition.FAILED:
            raise UsageError(
                f"{enrollment.node} is {enrollment.condition} ({enrollment.stage}); only failed nodes can retry",
                hint=f"metalctl show {enrollment.node}",
            )
    if len({e.batch for e in found}) > 1:
        told = ", ".join(f"{e.node} ({e.batch})" for e in found)
        raise UsageError(f"these nodes are of several batches: {told}", hint="retry the nodes of one batch at a time")
    return found


def _reopen(
    connection: Connection, enrollment: enrollments.Enrollment, allow_erase: bool, full_read: bool, actor: str
) -> list[str]:
    attempt = enrollment.attempt + 1
    _forget_cancel(connection, enrollment.node)
    first = trying_again.reopen(connection, enrollment)
    waiting = {"stage": first.value, "condition": Condition.WAITING.value, "why": "queued again", "fault": ""}
    enrollments.change(connection, enrollment.id, attempt=attempt, elapsed=0.0, **waiting)
    records.summarize(connection, enrollment.id)
    if allow_erase:
        trying_again.allow_erase(connection, enrollment)
    if full_read:
        trying_again.read_all(connection, enrollment)
    _pair_anew(connection, enrollment)
    told = {"attempt": attempt, "stage": enrollment.stage, "from_stage": first, "allow_erase": allow_erase}
    audit.record(connection, enrollment.node, "retry", actor=actor, **told)
    return _changed(connection, enrollment, first)


def _forget_cancel(connection: Connection, node: str) -> None:
    """A cancel that came when the node had just ended by itself was for that end, and not for what is queued now."""
    marks.remove(connection, node, "cancelled")


def _changed(connection: Connection, enrollment: enrollments.Enrollment, first: Stage) -> list[str]:
    changes = pins.renew(connection, enrollment, first)
    if not changes:
        return []
    taken = pins.of(enrollments.get(connection, enrollment.id)) != pins.of(enrollment)
    audit.record(connection, enrollment.node, "content-changed", taken=taken, changes=[c.what for c in changes])
    lines = [f"{enrollment.node}: {c.what}: {c.pinned} → {c.now}" for c in changes]
    end = "the new is used from here on" if taken else f"kept as queued: it goes on at {first}, behind matched"
    return [*lines, f"{enrollment.node}: {end}"]


def _pair_anew(connection: Connection, enrollment: enrollments.Enrollment) -> None:
    """Pair tests of the attempts before do not count for the next one."""
    since = cohort.pairs_from(enrollments.batch_options(connection, enrollment.batch))
    since[enrollment.id] = cohort.next_round(pairs.of_batch(connection, enrollment.batch))
    enrollments.set_batch_option(connection, enrollment.batch, "pairs_from", since)


def _problems(row: Row) -> list[tuple[str, str]]:
    """(column, what is wrong)"""
    found = []
    looks = (("credential", lambda: resolve(row.credential)), ("profile", lambda: profiles.load(row.profile)))
    for column, look in looks:
        try:
            look()
        except ProfileError as error:
            found += [(column, _of_profile(problem)) for problem in error.problems]
        except MetalctlError as error:
            found.append((column, error.message + (f" ({error.hint})" if error.hint else "")))
    return found


def _of_profile(problem: Problem) -> str:
    place = f"{problem.file}:{problem.line}: " if problem.line else ""
    return f"{place}{problem.message}" + (f" ({problem.hint})" if problem.hint else "")


def _conflicts(connection: Connection, row: Row) -> list[tuple[str, str]]:
    try:
        latest = enrollments.latest(connection, row.name)
    except NotFound:
        latest = None
    if latest is not None and not latest.ended:
        return [("name", f"{row.name} is being enrolled already ({latest.stage}, {latest.condition})")]
    owner = nodes.by_bmc(connection, row.bmc)
    return [("bmc", f"BMC {row.bmc} belongs to {owner} already")] if owner not in (None, row.name) else []
