"""The cohort of a batch: nodes that wait for each other after their own burn-in, and then test in pairs.

The plan is made in waves: when no other node may come, or when those that are ready have waited LATE. A node that comes
later is in the next wave; one that is alone in it tests with nodes that are still here. What runs now: `turns`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from metalctl.engine.pipeline import turns
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.pairing import Round, rounds_for
from metalctl.engine.pipeline.turns import LATE, pairs_from
from metalctl.engine.topics import batch_topic
from metalctl.model.stage import Condition, Stage
from metalctl.store import enrollments, pairs, records
from metalctl.store.enrollments import Enrollment
from metalctl.store.pairs import Pair

__all__ = ["PORT", "Standing", "dropped", "next_round", "pairs_from", "schedule"]

PORT = 5201


@dataclass(frozen=True, slots=True)
class Standing:
    """Who of a batch is where. ready: waits for pairs and is in none yet; here: is in burned-in, in pairs already.

    coming: others may still become ready. switches: node → its switch, of all that are here.
    """

    ready: list[str]
    here: list[str]
    coming: bool
    switches: dict[str, str]


def schedule(ctx: Context, level: str) -> list[Pair] | None:
    """This node's pairs by round, made once everybody who can still come is ready; None: somebody is on the way.

    Who comes after the schedule was made (a failed node that was told to retry) is paired with others like it, and with
    those that are still here when there is none.
    """
    with ctx.store() as connection:
        if ours := _ours(connection, ctx.enrollment):
            return ours
    # All nodes of a batch become ready in one moment: one of them makes the schedule.
    with ctx.alone() as connection:
        if ours := _ours(connection, ctx.enrollment):
            return ours
        now = _standing(connection, ctx.enrollment.batch)
        waited = ctx.waited("for the batch")
        if now.coming and (waited < LATE or len(now.ready) < 2):
            return None
        first = pairs.last_round(connection, ctx.enrollment.batch) + 1
        new = [
            Pair(ctx.enrollment.batch, number, server, client, PORT)
            for number, pairs_of_round in enumerate(_rounds(now, level, turns.per_uplink(ctx)), start=first)
            for server, client in pairs_of_round
        ]
        pairs.schedule(connection, new)
    # Of a thousand that wait each is told once: not by everybody who became ready before the last.
    ctx.services.publish(batch_topic(ctx.enrollment.batch))
    return [pair for pair in new if ctx.enrollment.id in pair.ends]


def _rounds(now: Standing, level: str, most: int) -> list[Round]:
    if len(now.ready) > 1 or not now.here:
        return rounds_for(now.ready, level, now.switches, most)
    # One alone: each of those that are here in turn, as many as the level has rounds.
    rounds = len(rounds_for([*now.ready, *now.here], level))
    return [[(other, now.ready[0])] for other in sorted(now.here)[:rounds] if now.ready]


def dropped(ctx: Context) -> None:
    """This node comes no more: its pairs are given up, and if the others waited for it alone, they make a schedule."""
    if turns.unsettled(ctx):
        turns.begin(ctx)
    with ctx.store() as connection:
        now = _standing(connection, ctx.enrollment.batch)
    if now.ready and not now.coming:
        ctx.services.publish(batch_topic(ctx.enrollment.batch))


def next_round(made: list[Pair]) -> int:
    """The number of a round that no pair of the batch has."""
    return max((p.round for p in made), default=-1) + 1


def _ours(connection: Connection, enrollment: Enrollment) -> list[Pair]:
    since = pairs_from(enrollments.batch_options(connection, enrollment.batch)).get(enrollment.id, 0)
    return [p for p in pairs.of_enrollment(connection, enrollment.batch, enrollment.id) if p.round >= since]


def _standing(connection: Connection, batch: str) -> Standing:
    """In a few queries for all of the batch."""
    since = pairs_from(enrollments.batch_options(connection, batch))
    last = pairs.members(connection, batch)
    memos = records.memos(connection, batch, Stage.BURNED_IN)
    members = [e for e in enrollments.listing(connection, batch) if not turns.gone(e)]
    paired = {e for e, number in last.items() if number >= since.get(e, 0)}
    able = {e for e, (condition, memo) in memos.items() if turns.is_ready(condition, memo)}
    ready = [e.id for e in members if e.id not in paired and e.id in able]
    here = [e.id for e in members if e.id in paired and e.id in able and memos[e.id][0] is not Condition.DONE]
    coming = any(e.id not in paired and e.id not in able for e in members)
    return Standing(ready, here, coming, turns.switches(memos))
