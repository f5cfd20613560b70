"""Which of the planned pairs of a batch run now.

Decided for all of the batch at once, under a lock, whenever a node has time: the first planned pairs whose nodes both
wait, and whose uplinks have room. So no node is in two tests at once, no uplink carries more pairs than it may, and a
node that is late, held or gone costs only its own pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from metalctl.engine.pipeline import seats
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.pairing import PER_UPLINK, to_begin
from metalctl.engine.topics import node_topic
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import enrollments, pairs, records
from metalctl.store.enrollments import Enrollment
from metalctl.store.pairs import BEGUN, ENDED, MISSED, PLANNED, Pair

# Seconds that a node waits for others that may still come; then it goes on with those that are there. [J]
LATE = 30 * 60.0
# Planned pairs that are looked at at a time: a batch of 500 has ten thousand.
_WINDOW = 2000
# By enrollment, the condition of its burned-in and what that noted.
Memos = dict[str, tuple[Condition, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Board:
    """How the pairs of a batch stand. over: begun, and ended at both ends; lost: planned, with who will not come.

    running: begun, and neither end is ready with it; free: nodes that wait and are in no test.
    """

    planned: list[Pair]
    over: list[Pair]
    lost: dict[Pair, str]
    running: list[Pair]
    free: set[str]
    switches: dict[str, str]


def begin(ctx: Context) -> None:
    """Settle the pairs that are over or will never be, begin those that can, and wake their nodes."""
    with ctx.alone() as connection:
        board = _board(connection, ctx.enrollment.batch)
        pairs.mark(connection, board.over, ENDED)
        for pair, end in board.lost.items():
            pairs.mark(connection, [pair], MISSED, end)
        left = [pair for pair in board.planned if pair not in board.lost]
        new = list(to_begin(left, board.running, board.free, board.switches, per_uplink(ctx)))
        pairs.mark(connection, new, BEGUN)
    for end in {end for pair in (*new, *board.lost, *board.over) for end in pair.ends} - {ctx.enrollment.id}:
        ctx.services.publish(node_topic(end))


def give_up(ctx: Context, some: Iterable[Pair], absent: str = "") -> None:
    """These will not be measured. absent: who did not come, by default the other node: it gets none until it does."""
    with ctx.alone() as connection:
        for pair in some:
            pairs.mark(connection, [pair], MISSED, absent or pair.other(ctx.enrollment.id))


def show_up(ctx: Context, mine: Iterable[Pair]) -> None:
    """This node has seen which pairs were missed for want of it, and may get others."""
    missed = sum(pair.absent == ctx.enrollment.id for pair in mine)
    if int(ctx.memo.get("missed", 0)) < missed:
        ctx.memo["missed"] = missed
        ctx.save_memo()


def away(ctx: Context, some: Iterable[Pair]) -> list[Pair]:
    """Those of these planned pairs whose other node neither waits nor tests: it is held, or hangs."""
    with ctx.store() as connection:
        board = _board(connection, ctx.enrollment.batch)
    here = board.free | {end for pair in board.running for end in pair.ends}
    return [pair for pair in some if pair.other(ctx.enrollment.id) not in here]


def unsettled(ctx: Context) -> int:
    """How many pairs of the batch are planned or under way."""
    with ctx.store() as connection:
        return pairs.number(connection, ctx.enrollment.batch, (PLANNED, BEGUN))


def per_uplink(ctx: Context) -> int:
    """How many pairs a switch's uplinks may carry at a time: of the batch, else the least that a check asks for."""
    asked = [limits["pairs_per_uplink"] for limits in ctx.profile.checks.values() if "pairs_per_uplink" in limits]
    return max(1, int(ctx.options.get("pairs_per_uplink") or min(map(float, asked), default=PER_UPLINK)))


def pairs_from(options: dict[str, Any]) -> dict[str, int]:
    """By enrollment, the first round that counts for it: what a node did before its retry is history."""
    return dict(options.get("pairs_from", {}))


def gone(enrollment: Enrollment) -> bool:
    """Whether it will test with no other node any more."""
    return enrollment.ended or ORDER.index(enrollment.stage) > ORDER.index(Stage.BURNED_IN)


def left(ctx: Context, enrollment: str) -> bool:
    """The same of the other node of a pair."""
    with ctx.store() as connection:
        return gone(enrollments.get(connection, enrollment))


def is_ready(condition: Condition, memo: dict[str, Any]) -> bool:
    """Whether it is through with its own checks."""
    return condition is not Condition.FAILED and bool(memo.get("ready_for_peers"))


def switches(memos: Memos) -> dict[str, str]:
    """Node → its switch, "" where that is not known."""
    return seats.groups({e: memo.get("seat", {}) for e, (_, memo) in memos.items()})


def _board(connection: Connection, batch: str) -> Board:
    under_way = pairs.in_state(connection, batch, BEGUN)
    planned = pairs.in_state(connection, batch, PLANNED, _WINDOW)
    members = {e.id: e for e in enrollments.listing(connection, batch)}
    memos = records.memos(connection, batch, Stage.BURNED_IN)
    left = {e.id for e in members.values() if gone(e)}
    since = pairs_from(enrollments.batch_options(connection, batch))
    sides, missed = pairs.sides(connection, under_way), pairs.absences(connection, batch)

    def parted(pair: Pair, end: str) -> bool:
        return end in left or end not in members or pair.round < since.get(end, 0)

    def done(pair: Pair, end: str) -> bool:
        side = sides.get(pair.run(end))
        return parted(pair, end) or (side is not None and side.over)

    busy = {end for pair in under_way for end in pair.ends if not done(pair, end)}
    waiting = {e for e, (condition, memo) in memos.items() if _waits(condition, memo, missed.get(e, 0))}
    return Board(
        planned=planned,
        over=[pair for pair in under_way if all(done(pair, end) for end in pair.ends)],
        lost={pair: end for pair in planned for end in pair.ends if parted(pair, end)},
        running=[pair for pair in under_way if not any(done(pair, end) for end in pair.ends)],
        free=waiting - left - busy,
        switches=switches(memos),
    )


def _waits(condition: Condition, memo: dict[str, Any], missed: int) -> bool:
    """Whether a pair may begin for it. missed: how many did not, for want of it; it has to have seen that."""
    here = condition not in (Condition.HELD, Condition.DONE) and int(memo.get("missed", 0)) >= missed
    return here and is_ready(condition, memo)
