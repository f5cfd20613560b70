"""The cohort of a batch: nodes that wait for each other after their own burn-in, and then test in pairs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.pairing import rounds_for
from metalctl.engine.topics import batch_topic
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import enrollments, pairs, records
from metalctl.store.enrollments import Enrollment
from metalctl.store.pairs import Pair

PORT = 5201


def schedule(ctx: Context, level: str) -> list[Pair] | None:
    """This node's pairs by round, made once everybody who can still come is ready; None: somebody is on the way.

    Who comes after the schedule was made (a failed node that was told to retry) is paired with others like it.
    """
    # All nodes of a batch become ready in one moment: one of them makes the schedule.
    with ctx.alone() as connection:
        made = pairs.of_batch(connection, ctx.enrollment.batch)
        since = pairs_from(enrollments.batch_options(connection, ctx.enrollment.batch))
        if ours := _of(ctx.enrollment.id, made, since):
            return ours
        ready, coming = _standing(connection, ctx.enrollment.batch, made, since)
        if coming:
            return None
        first = next_round(made)
        new = [
            Pair(ctx.enrollment.batch, number, server, client, PORT)
            for number, pairs_of_round in enumerate(rounds_for(ready, level), start=first)
            for server, client in pairs_of_round
        ]
        pairs.schedule(connection, new)
    # Of a thousand that wait each is told once: not by everybody who became ready before the last.
    ctx.services.publish(batch_topic(ctx.enrollment.batch))
    return _of(ctx.enrollment.id, new, since)


def dropped(ctx: Context) -> None:
    """This node comes no more: if it was the last that was waited for, one of the others makes the schedule."""
    with ctx.store() as connection:
        made = pairs.of_batch(connection, ctx.enrollment.batch)
        since = pairs_from(enrollments.batch_options(connection, ctx.enrollment.batch))
        ready, coming = _standing(connection, ctx.enrollment.batch, made, since)
    if ready and not coming:
        ctx.services.publish(batch_topic(ctx.enrollment.batch))


def _standing(connection: Connection, batch: str, made: list[Pair], since: dict[str, int]) -> tuple[list[str], bool]:
    """(who is ready and in no pair yet, whether others may still become it), in two queries for all of the batch."""
    paired = {e for p in made for e in (p.server, p.client) if p.round >= since.get(e, 0)}
    members = [e for e in enrollments.listing(connection, batch) if e.id not in paired]
    rows = records.memos(connection, batch, Stage.BURNED_IN)
    ready = [e.id for e in members if _is_ready(*rows.get(e.id, (Condition.FAILED, {})))]
    known = set(ready)
    return ready, any(_may_come(e) and e.id not in known for e in members)


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


def _is_ready(condition: Condition, memo: dict[str, Any]) -> bool:
    return condition is not Condition.FAILED and bool(memo.get("ready_for_peers"))


def _may_come(enrollment: Enrollment) -> bool:
    return not enrollment.ended and ORDER.index(enrollment.stage) <= ORDER.index(Stage.BURNED_IN)
