"""The cohort of a batch: nodes that wait for each other after their own burn-in, and then test in pairs."""

from __future__ import annotations

from typing import Any

from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.pairing import rounds_for
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import enrollments, pairs, records
from metalctl.store.database import lock
from metalctl.store.enrollments import Enrollment
from metalctl.store.pairs import Pair

PORT = 5201


def schedule(ctx: Context, level: str) -> list[Pair] | None:
    """This node's pairs by round, made once everybody who can still come is ready; None: somebody is on the way.

    Who comes after the schedule was made (a failed node that was told to retry) is paired with others like it.
    """
    with ctx.store() as connection:
        # All nodes of a batch become ready in one moment: one of them makes the schedule.
        lock(connection)
        made = pairs.of_batch(connection, ctx.enrollment.batch)
        since = pairs_from(enrollments.batch_options(connection, ctx.enrollment.batch))
        if ours := _of(ctx.enrollment.id, made, since):
            return ours
        members = [e for e in enrollments.listing(connection, ctx.enrollment.batch) if not _of(e.id, made, since)]
        ready = [e.id for e in members if _is_ready(records.stage(connection, e.id, Stage.BURNED_IN))]
        if any(_may_come(e) and e.id not in ready for e in members):
            return None
        first = next_round(made)
        new = [
            Pair(ctx.enrollment.batch, number, server, client, PORT)
            for number, pairs_of_round in enumerate(rounds_for(ready, level), start=first)
            for server, client in pairs_of_round
        ]
        pairs.schedule(connection, new)
        return _of(ctx.enrollment.id, new, since)


def next_round(made: list[Pair]) -> int:
    """The number of a round that no pair of the batch has."""
    return max((p.round for p in made), default=-1) + 1


def pairs_from(options: dict[str, Any]) -> dict[str, int]:
    """By enrollment, the first round that counts for it: what a node did before its retry is history."""
    return dict(options.get("pairs_from", {}))


def _of(enrollment: str, made: list[Pair], since: dict[str, int]) -> list[Pair]:
    return [p for p in made if enrollment in (p.server, p.client) and p.round >= since.get(enrollment, 0)]


def ended(ctx: Context, enrollment: str) -> bool:
    """Whether the other one of a pair dropped out."""
    with ctx.store() as connection:
        return enrollments.get(connection, enrollment).ended


def _is_ready(row: records.StageRow | None) -> bool:
    return row is not None and row.record.condition is not Condition.FAILED and bool(row.memo.get("ready_for_peers"))


def _may_come(enrollment: Enrollment) -> bool:
    return not enrollment.ended and ORDER.index(enrollment.stage) <= ORDER.index(Stage.BURNED_IN)
