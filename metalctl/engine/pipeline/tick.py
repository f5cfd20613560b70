"""One tick: the stage is looked up, called, and what it said is written down. Only here do errors become verdicts.

- A stage that failed names its findings; the node stops there and the others go on.
- A transient error (BMC busy, SSH dropped) is tried again with backoff. A node or BMC that gave nothing else for half
  an hour hangs, and a stage whose budget is used up is stuck: both are UNKNOWN.
- An unexpected exception of a stage is metalctl's fault: UNKNOWN, its traceback goes to the log, never to a person.
- An error of the store is nobody's verdict: it is raised, and the walker tries the tick again.
- What was written by somebody else meanwhile stands: the outcome of a late tick is dropped.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from metalctl.bmc.errors import BadAnswer, BootNotSet, PowerNotReached, Unreachable
from metalctl.engine.errors import RemoteError
from metalctl.engine.pipeline import cohort, ending
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.halt import HELD, halt
from metalctl.engine.pipeline.outcome import Done, Next, StageFailed, Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.spine import BY_STAGE, StageSpec
from metalctl.engine.pipeline.walker import Fault
from metalctl.engine.topics import run_topic
from metalctl.model.dossier import StageRecord
from metalctl.model.errors import MetalctlError
from metalctl.model.finding import Finding
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, marks, nodes, records
from metalctl.store.database import now
from metalctl.store.errors import Fenced, NotFound, Stale
from metalctl.store.records import StageRow

log = structlog.get_logger()

TRANSIENT = (RemoteError, Unreachable, BadAnswer, PowerNotReached, BootNotSet)
# Seconds; what an operator does is told.
HELD_PAUSE = 60.0
# Longer than any reboot, BMC reset or switch upgrade that mends itself. The budget of a long burn-in is days:
# without this a node that hung in its first minute would be waited for that long.
PATIENCE = 30 * 60.0


class Ticker:
    """Calls stages and writes down what they say. clock: seconds that nobody sets."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        # By enrollment: when the last tick began, where the time since then counts. In this process only: a service
        # that was down did not spend the node's time.
        self._began: dict[str, float] = {}

    def __call__(self, enrollment: str, stage: str) -> Next:
        """One tick."""
        spec = BY_STAGE[Stage(stage)]
        try:
            return self._tick(enrollment, spec)
        except Stale as stale:
            log.info("stale", enrollment=enrollment, stage=stage, reason=stale.message)
            return Next.wait(1.0)
        except NotFound:
            if self._is_known(enrollment):
                raise
            log.warning("walk-of-nobody", enrollment=enrollment)
            return Next(ended=True)
        finally:
            self._services.connections.rest(enrollment)

    def left(self, enrollment: str) -> list[str]:
        """The stages that are not done, in order; all where the store cannot tell: a tick of a done one passes."""
        try:
            with self._services.database.connect() as connection:
                done = records.done(connection, enrollment)
        except (SQLAlchemyError, OSError):
            log.exception("left", enrollment=enrollment)
            done = frozenset()
        return [stage.value for stage in BY_STAGE if stage.value not in done]

    def faulted(self, enrollment: str, fault: Fault) -> None:
        """A tick raised: a person who looks at the node is told why nothing happens."""
        why = f"metalctl cannot go on and tries again ({fault.times} times so far): {fault.reason}"
        with self._services.database.begin() as connection:
            read = enrollments.get(connection, enrollment)
            enrollments.advance(connection, read, condition=Condition.WAITING.value, why=why)

    def _tick(self, enrollment: str, spec: StageSpec) -> Next:
        context, row = self._begin(enrollment, spec)
        if row.record.condition is Condition.DONE:
            return self._ended(context, passed=True)
        if context.enrollment.ended:
            return self._ended(context, passed=False)
        if "cancelled" in context.marks:
            return self._write(context, row, ending.end(context, context.marks["cancelled"]))
        if reason := halt(context.marks, spec.stage):
            self._services.places.release(enrollment)
            context.memo[HELD] = True
            return self._write(context, row, Wait(HELD_PAUSE, reason, queued=True, held=True))
        return self._write(context, row, self._call(context, spec, row))

    def _is_known(self, enrollment: str) -> bool:
        """Not where the store was put back from an older copy than the workflow library's: nobody can walk it."""
        try:
            with self._services.database.connect() as connection:
                enrollments.get(connection, enrollment)
        except NotFound:
            return False
        return True

    def _begin(self, enrollment: str, spec: StageSpec) -> tuple[Context, StageRow]:
        with self._services.database.begin() as connection:
            found = enrollments.get(connection, enrollment)
            row = records.stage(connection, enrollment, spec.stage)
            if row is None:
                row = StageRow(StageRecord(spec.stage, Condition.RUNNING, now()))
            if row.version == 0 and not found.ended:
                records.save_stage(connection, enrollment, row)
                enrollments.advance(
                    connection, found, stage=spec.stage.value, condition=Condition.RUNNING.value, elapsed=0.0
                )
            node, hand = nodes.get(connection, found.node), marks.of_node(connection, found.node)
        self._count(enrollment, row)
        return Context(self._services, found, node, row, hand), row

    def _count(self, enrollment: str, row: StageRow) -> None:
        """Add the time since the last tick, unless the node waited for its turn or the service was down."""
        moment = self._clock()
        row.elapsed += moment - self._began.pop(enrollment, moment)
        row.ticked = now()
        self._began[enrollment] = moment

    def _call(self, context: Context, spec: StageSpec, row: StageRow) -> Done | Wait | StageFailed:
        if row.elapsed > spec.budget:
            return _stuck(spec, row, context.memo)
        try:
            outcome = spec.tick(context)
        except StageFailed as failed:
            return failed
        except (Stale, Fenced, SQLAlchemyError):
            raise
        except TRANSIENT as error:
            return self._transient(context, spec, row, error)
        except MetalctlError as error:
            return _could_not_tell(spec, error)
        except OSError:
            # The machine that metalctl runs on: no file descriptors, no space. It says nothing of the node.
            raise
        except Exception as error:
            log.exception("tick", node=context.node.name, stage=spec.stage)
            return _could_not_tell(spec, MetalctlError(f"metalctl itself failed: {type(error).__name__}: {error}"))
        for note in ("transient", "transient_since", "transient_error"):
            context.memo.pop(note, None)
        return outcome

    def _transient(self, context: Context, spec: StageSpec, row: StageRow, error: MetalctlError) -> Wait | StageFailed:
        tries = context.memo["transient"] = int(context.memo.get("transient", 0)) + 1
        context.memo["transient_error"] = [error.message, error.hint]
        silent = row.elapsed - float(context.memo.setdefault("transient_since", row.elapsed))
        log.warning("transient", node=context.node.name, stage=spec.stage, tries=tries, error=error.message)
        if silent > PATIENCE:
            return _unreachable(silent, tries, error)
        pause = min(60.0, 2.0 ** min(tries, 5)) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter, not a secret
        return Wait(pause, f"trying again: {error.message}")

    def _write(self, context: Context, row: StageRow, outcome: Done | Wait | StageFailed) -> Next:
        row.record, values = _record(row.record, outcome)
        with self._services.database.begin() as connection:
            records.save_stage(connection, context.enrollment.id, row)
            enrollments.advance(connection, context.enrollment, elapsed=row.elapsed, **values)
            if not isinstance(outcome, Wait):
                records.summarize(connection, context.enrollment.id)
                if isinstance(outcome, StageFailed) and "cancelled" in context.marks:
                    ending.ended(connection, context.enrollment.id, context.marks["cancelled"])
        if isinstance(outcome, Wait):
            if outcome.queued:
                self._began.pop(context.enrollment.id, None)
            return Next.wait(outcome.seconds, outcome.until)
        log.info("stage", node=context.node.name, stage=row.record.stage, condition=row.record.condition)
        return self._ended(context, passed=isinstance(outcome, Done))

    def _ended(self, context: Context, *, passed: bool) -> Next:
        """What the stage held is given back, and who waited for its end looks."""
        enrollment = context.enrollment
        self._began.pop(enrollment.id, None)
        self._services.places.release(enrollment.id)
        self._services.news.forget(enrollment.id)
        self._services.patience.forget(enrollment.id)
        if not passed:
            self._services.connections.forget(enrollment.id)
            cohort.dropped(context)
        self._services.publish(run_topic(enrollment.id))
        return Next(ended=True, passed=passed)


def _record(record: StageRecord, outcome: Done | Wait | StageFailed) -> tuple[StageRecord, dict[str, Any]]:
    """(the stage's record, what changes in the enrollment)"""
    if isinstance(outcome, Wait):
        condition = Condition.HELD if outcome.held else Condition.WAITING
        values = {"condition": condition.value, "why": outcome.why, "expected": outcome.expected}
        return replace(record, condition=condition), values
    kept = {**record.evidence, **outcome.evidence}
    if isinstance(outcome, Done):
        done = replace(record, condition=Condition.DONE, finished=now(), evidence=kept, findings=outcome.findings)
        return done, {"condition": Condition.DONE.value, "why": ""}
    failed = replace(record, condition=Condition.FAILED, finished=now(), evidence=kept, findings=outcome.findings)
    return failed, {"condition": Condition.FAILED.value, "why": outcome.message, "fault": outcome.fault}


def _stuck(spec: StageSpec, row: StageRow, memo: dict[str, Any]) -> StageFailed:
    """With the last error when it is an error that kept the stage, such as a BMC that does not answer."""
    error, hint = memo.get("transient_error", ("", ""))
    waited = f"stuck after {row.elapsed / 60:.0f} min"
    look = "look at the node's console and at what it waited for"
    finding = Finding(
        requirement=f"{spec.stage}.time",
        verdict=Verdict.UNKNOWN,
        expected=f"within {spec.budget / 60:.0f} min",
        got=f"{waited}: {error}" if error else waited,
        remedy=f"{hint or look}; then enroll it again with --retry",
    )
    return StageFailed((finding,), fault="metalctl")


def _unreachable(silent: float, tries: int, error: MetalctlError) -> StageFailed:
    finding = Finding(
        requirement="node.reachable",
        verdict=Verdict.UNKNOWN,
        expected="an answer from the node and its BMC",
        got=f"none in {silent / 60:.0f} min and {tries} tries: {error.message}",
        remedy="look at the node's console: if it hangs, power it off and enroll it again with --retry",
    )
    return StageFailed((finding,), fault="metalctl")


def _could_not_tell(spec: StageSpec, error: MetalctlError) -> StageFailed:
    finding = Finding(
        requirement=f"{spec.stage}",
        verdict=Verdict.UNKNOWN,
        got=error.message,
        remedy=error.hint or "see the log, correct the cause, then enroll the node again with --retry",
    )
    return StageFailed((finding,), fault="metalctl")
