"""The cohort of a batch: nodes that wait for each other after their own burn-in, and then test in pairs."""

from __future__ import annotations

from metalctl.engine.context import Context
from metalctl.engine.pairing import rounds_for
from metalctl.model.stage import ORDER, Stage
from metalctl.store import enrollments, pairs
from metalctl.store.enrollments import Enrollment
from metalctl.store.pairs import Pair

PORT = 5201


def schedule(ctx: Context, level: str) -> list[Pair] | None:
    """The batch's schedule, made once everybody who can still come is ready; None: somebody is still on the way."""
    with ctx.store() as connection:
        made = pairs.of_batch(connection, ctx.enrollment.batch)
        if made:
            return made
        members = enrollments.listing(connection, ctx.enrollment.batch)
        ready = [e.id for e in members if _is_ready(enrollments.stage(connection, e.id, Stage.BURNED_IN))]
        if any(_may_come(e) and e.id not in ready for e in members):
            return None
        made = [
            Pair(ctx.enrollment.batch, number, server, client, PORT)
            for number, pairs_of_round in enumerate(rounds_for(ready, level))
            for server, client in pairs_of_round
        ]
        pairs.schedule(connection, made)
        return made


def mine(ctx: Context, made: list[Pair]) -> list[Pair]:
    """The pairs that this node is in, by round."""
    return [p for p in made if ctx.enrollment.id in (p.server, p.client)]


def ended(ctx: Context, enrollment: str) -> bool:
    """Whether the other one of a pair dropped out."""
    with ctx.store() as connection:
        return enrollments.get(connection, enrollment).ended


def _is_ready(row: enrollments.StageRow | None) -> bool:
    return row is not None and bool(row.memo.get("ready_for_peers"))


def _may_come(enrollment: Enrollment) -> bool:
    return not enrollment.ended and ORDER.index(enrollment.stage) <= ORDER.index(Stage.BURNED_IN)
