"""One tick: the stage is looked up, called, and what it said is written down. Only here do errors become verdicts.

- A stage that failed names its findings; the node stops there and the others go on.
- A transient error (BMC busy, SSH dropped) is tried again with backoff. A node or BMC that gave nothing else for half
  an hour hangs, and a stage whose budget is used up is stuck: both are UNKNOWN.
- An unexpected exception is metalctl's fault: UNKNOWN, its traceback goes to the log, never to a person.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from metalctl.bmc.errors import BadAnswer, BootNotSet, PowerNotReached, Unreachable
from metalctl.engine.context import Context
from metalctl.engine.errors import RemoteError
from metalctl.engine.outcome import Done, StageFailed, Wait
from metalctl.engine.services import Services
from metalctl.engine.spine import BY_STAGE, StageSpec
from metalctl.model.dossier import StageRecord
from metalctl.model.errors import MetalctlError
from metalctl.model.finding import Finding
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, nodes
from metalctl.store.database import now
from metalctl.store.enrollments import StageRow

log = structlog.get_logger()

# Time between two ticks counts towards the budget up to this: a service that was down did not spend the node's time.
LONGEST_GAP = 60.0
TRANSIENT = (RemoteError, Unreachable, BadAnswer, PowerNotReached, BootNotSet)
PARKED_PAUSE = 10.0
# Longer than any reboot, BMC reset or switch upgrade that mends itself. The budget of a long burn-in is days:
# without this a node that hung in its first minute would be waited for that long.
PATIENCE = 30 * 60.0


class Ticker:
    """Calls stages and writes down what they say."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def __call__(self, enrollment: str, stage: str) -> dict[str, Any]:
        """One tick, as engine.durable wants it."""
        spec = BY_STAGE[Stage(stage)]
        context, row = self._begin(enrollment, spec)
        if row.record.condition is Condition.DONE:
            return {"kind": "done"}
        if context.node.parked:
            return self._write(context, row, Wait(PARKED_PAUSE, "parked by an operator"))
        return self._write(context, row, self._call(context, spec, row))

    def _begin(self, enrollment: str, spec: StageSpec) -> tuple[Context, StageRow]:
        with self._services.database.begin() as connection:
            found = enrollments.get(connection, enrollment)
            row = enrollments.stage(connection, enrollment, spec.stage)
            if row is None:
                row = StageRow(StageRecord(spec.stage, Condition.RUNNING, now()), ticked=now())
            row.elapsed += _gap(row.ticked)
            row.ticked = now()
            enrollments.save_stage(connection, enrollment, row)
            if row.record.condition is not Condition.DONE:
                enrollments.change(connection, enrollment, stage=spec.stage.value, condition=Condition.RUNNING.value)
            node = nodes.get(connection, found.node)
        return Context(self._services, found, node, spec.stage, row.memo), row

    def _call(self, context: Context, spec: StageSpec, row: StageRow) -> Done | Wait | StageFailed:
        if row.elapsed > spec.budget:
            return _stuck(spec, row, context.memo)
        try:
            outcome = spec.tick(context)
        except StageFailed as failed:
            return failed
        except TRANSIENT as error:
            tries = context.memo["transient"] = int(context.memo.get("transient", 0)) + 1
            context.memo["transient_error"] = [error.message, error.hint]
            silent = row.elapsed - float(context.memo.setdefault("transient_since", row.elapsed))
            log.warning("transient", node=context.node.name, stage=spec.stage, tries=tries, error=error.message)
            if silent > PATIENCE:
                return _unreachable(silent, tries, error)
            pause = min(60.0, 2.0 ** min(tries, 5)) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter, not a secret
            return Wait(pause, f"trying again: {error.message}")
        except MetalctlError as error:
            return _could_not_tell(spec, error)
        except Exception as error:
            log.exception("tick", node=context.node.name, stage=spec.stage)
            return _could_not_tell(spec, MetalctlError(f"metalctl itself failed: {type(error).__name__}: {error}"))
        for note in ("transient", "transient_since", "transient_error"):
            context.memo.pop(note, None)
        return outcome

    def _write(self, context: Context, row: StageRow, outcome: Done | Wait | StageFailed) -> dict[str, Any]:
        enrollment = context.enrollment.id
        row.memo = context.memo
        row.record, result, values = _record(row.record, outcome)
        with self._services.database.begin() as connection:
            enrollments.save_stage(connection, enrollment, row)
            enrollments.change(connection, enrollment, **values)
        if result["kind"] != "wait":
            log.info("stage", node=context.node.name, stage=row.record.stage, condition=row.record.condition)
        return result


def _record(
    record: StageRecord, outcome: Done | Wait | StageFailed
) -> tuple[StageRecord, dict[str, Any], dict[str, Any]]:
    """(the stage's record, what the workflow is told, what changes in the enrollment)"""
    if isinstance(outcome, Wait):
        waiting = replace(record, condition=Condition.WAITING)
        values = {"condition": Condition.WAITING.value, "why": outcome.why}
        return waiting, {"kind": "wait", "seconds": outcome.seconds}, values
    if isinstance(outcome, Done):
        kept = {**record.evidence, **outcome.evidence}
        done = replace(record, condition=Condition.DONE, finished=now(), evidence=kept, findings=outcome.findings)
        return done, {"kind": "done"}, {"condition": Condition.DONE.value, "why": ""}
    kept = {**record.evidence, **outcome.evidence}
    failed = replace(record, condition=Condition.FAILED, finished=now(), evidence=kept, findings=outcome.findings)
    values = {"condition": Condition.FAILED.value, "why": outcome.message, "fault": outcome.fault}
    return failed, {"kind": "failed"}, values


def _gap(ticked: str) -> float:
    if not ticked:
        return 0.0
    passed = (datetime.fromisoformat(now()) - datetime.fromisoformat(ticked)).total_seconds()
    return max(0.0, min(passed, LONGEST_GAP))


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
        remedy=error.hint or "see the log, mend the cause, then enroll the node again with --retry",
    )
    return StageFailed((finding,), fault="metalctl")
