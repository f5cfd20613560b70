"""What a tick makes of what a stage says."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from metalctl.engine.errors import RemoteError
from metalctl.engine.pipeline import tick as tick_module
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, Next, StageFailed, Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.spine import StageSpec
from metalctl.engine.pipeline.tick import Ticker
from metalctl.model.dossier import StageRecord
from metalctl.model.errors import MetalctlError
from metalctl.model.finding import Finding
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, epochs, marks, records
from metalctl.store.errors import Fenced, NotFound
from metalctl.store.marks import Mark

PASSED, FAILED = Next(ended=True, passed=True), Next(ended=True)
BAD = Finding("disks.data.count", Verdict.FAIL, "3", "2", remedy="seat the missing one")


@pytest.fixture
def play(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Next]:
    """Run one tick of a stage function, as stage `matched`, a minute after the one before."""
    passed = itertools.count()
    ticker = Ticker(services, lambda: 60.0 * next(passed))

    def run(enrollment: str, function: Callable[[Context], Done | Wait], budget: float = 1e4) -> Next:
        spec = StageSpec(Stage.MATCHED, function, budget)
        monkeypatch.setattr(tick_module, "BY_STAGE", {Stage.MATCHED: spec})
        return ticker(enrollment, "matched")

    return run


def look(database: Engine, enrollment: str) -> tuple[enrollments.Enrollment, records.StageRow]:
    with database.connect() as connection:
        row = records.stage(connection, enrollment, Stage.MATCHED)
        assert row is not None
        return enrollments.get(connection, enrollment), row


def raising(error: Exception) -> Callable[[Context], Done | Wait]:
    def function(_: Context) -> Done | Wait:
        raise error

    return function


def test_done_keeps_the_evidence_and_is_not_called_again(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment, calls = enrolled(), []

    def function(ctx: Context) -> Done:
        calls.append(ctx.node.name)
        return Done({"boot_id": "b1"})

    assert play(enrollment, function) == PASSED
    assert play(enrollment, function) == PASSED
    found, row = look(database, enrollment)
    assert calls == ["n1"]
    assert (found.condition, row.record.evidence) == (Condition.DONE, {"boot_id": "b1"})


def test_a_failed_stage_names_its_finding_and_blames_the_hardware(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    assert play(enrollment, raising(StageFailed((BAD,)))) == FAILED
    found, row = look(database, enrollment)
    assert (found.condition, found.fault, row.record.findings) == (Condition.FAILED, "hardware", (BAD,))


def test_a_dropped_connection_is_tried_again(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    outcome = play(enrollment, raising(RemoteError("connection reset")))
    assert outcome.ended is False
    assert 0 < outcome.seconds < 5
    assert look(database, enrollment)[0].condition is Condition.WAITING


def test_a_node_that_gives_only_errors_for_half_an_hour_is_unknown_long_before_the_budget(
    database: Engine, play: Any, enrolled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrollment, gone = enrolled(), raising(RemoteError("no answer"))
    outcomes = [play(enrollment, gone, budget=1e6).ended for _ in range(32)]
    assert outcomes == [False] * 31 + [True]
    found, row = look(database, enrollment)
    finding = row.record.findings[0]
    assert (finding.requirement, finding.verdict, found.fault) == ("node.reachable", Verdict.UNKNOWN, "metalctl")
    assert "no answer" in finding.got


def test_one_answer_in_between_starts_the_half_hour_anew(
    database: Engine, play: Any, enrolled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrollment, gone = enrolled(), raising(RemoteError("no answer"))
    for function in [gone] * 25 + [lambda _: Wait(1, "w")] + [gone] * 25:
        assert play(enrollment, function, budget=1e6).ended is False


def test_a_stage_that_used_up_its_time_is_unknown_and_not_the_hardware(
    database: Engine, play: Any, enrolled: Any
) -> None:
    enrollment = enrolled()
    play(enrollment, lambda _: Wait(1, "w"))
    assert play(enrollment, lambda _: Wait(1, "w"), budget=-1.0) == FAILED
    found, row = look(database, enrollment)
    assert (found.fault, row.record.findings[0].verdict) == ("metalctl", Verdict.UNKNOWN)


def test_a_stage_that_an_error_kept_until_its_time_was_up_names_the_error_and_what_to_do(
    database: Engine, play: Any, enrolled: Any
) -> None:
    enrollment, gone = enrolled(), raising(RemoteError("the BMC does not answer", hint="is it powered?"))
    assert play(enrollment, gone).ended is False
    assert play(enrollment, gone, budget=-1.0) == FAILED
    finding = look(database, enrollment)[1].record.findings[0]
    assert "the BMC does not answer" in finding.got
    assert "is it powered?" in finding.remedy


def test_an_error_that_went_away_is_not_blamed_later(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    play(enrollment, raising(RemoteError("the BMC does not answer")))
    play(enrollment, lambda _: Wait(1, "w"))
    play(enrollment, lambda _: Wait(1, "w"), budget=-1.0)
    assert "does not answer" not in look(database, enrollment)[1].record.findings[0].got


@pytest.mark.parametrize("error", [ValueError("bug"), MetalctlError("no such profile", hint="write it")])
def test_an_error_of_metalctl_is_unknown_never_a_fault_of_the_hardware(
    error: Exception, database: Engine, play: Any, enrolled: Any
) -> None:
    enrollment = enrolled()
    assert play(enrollment, raising(error)) == FAILED
    found, row = look(database, enrollment)
    finding = row.record.findings[0]
    assert (found.fault, finding.verdict, bool(finding.remedy)) == ("metalctl", Verdict.UNKNOWN, True)


def test_a_parked_node_is_left_alone(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    with database.begin() as connection:
        marks.put(connection, Mark("n1", "parked", "ann", "its fan is replaced", "2026-01-01T00:00:00+00:00"))
    assert play(enrollment, raising(AssertionError("it was called"))).ended is False
    found, row = look(database, enrollment)
    assert (found.condition, found.why) == (Condition.HELD, "parked by ann: its fan is replaced")
    assert row.memo == {"held": True}  # for the stage: what it saw before may not be so any more


def test_the_memo_survives_between_ticks(play: Any, enrolled: Any) -> None:
    enrollment, seen = enrolled(), []

    def function(ctx: Context) -> Wait:
        seen.append(ctx.memo.get("n", 0))
        ctx.memo["n"] = ctx.memo.get("n", 0) + 1
        return Wait(1, "w")

    for _ in range(3):
        play(enrollment, function)
    assert seen == [0, 1, 2]


@pytest.mark.parametrize(
    "error", [OperationalError("UPDATE", {}, Exception("database is locked")), OSError(28, "No space left on device")]
)
def test_an_error_of_the_store_or_of_our_own_machine_is_no_verdict_on_the_node(
    error: Exception, database: Engine, play: Any, enrolled: Any
) -> None:
    enrollment = enrolled()
    with pytest.raises(type(error)):
        play(enrollment, raising(error))
    assert look(database, enrollment)[0].condition is Condition.RUNNING
    assert play(enrollment, lambda _: Done()) == PASSED


def test_a_late_tick_cannot_overwrite_the_attempt_that_came_after_it(
    database: Engine, play: Any, enrolled: Any
) -> None:
    enrollment = enrolled()

    def meanwhile(_: Context) -> Done:
        with database.begin() as connection:
            enrollments.change(connection, enrollment, attempt=2, why="queued again")
        return Done({"seen": "too late"})

    assert not play(enrollment, meanwhile).ended
    found, row = look(database, enrollment)
    assert (found.why, row.record.condition, row.record.evidence) == ("queued again", Condition.RUNNING, {})


def test_a_memo_that_another_tick_wrote_is_not_lost(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()

    def meanwhile(ctx: Context) -> Wait:
        with database.begin() as connection:
            row = records.stage(connection, enrollment, Stage.MATCHED)
            assert row is not None
            row.memo["other"] = True
            records.save_stage(connection, enrollment, row)
        ctx.memo["mine"] = True
        ctx.save_memo()
        return Wait(1, "w")

    assert not play(enrollment, meanwhile).ended
    assert look(database, enrollment)[1].memo == {"other": True}


def test_a_service_that_was_replaced_acts_no_more(
    database: Engine, services: Services, play: Any, enrolled: Any
) -> None:
    with database.begin() as connection:
        services.epoch = epochs.begin(connection, services.name, "old")
    acted: list[str] = []

    def act(ctx: Context) -> Done:
        ctx.fence()
        acted.append("power")
        return Done()

    assert play(enrolled("n1"), act) == PASSED
    with database.begin() as connection:
        epochs.begin(connection, services.name, "new")
    with pytest.raises(Fenced, match="new"):
        play(enrolled("n2"), act)
    assert acted == ["power"]


def test_waiting_for_ones_turn_costs_nothing_of_the_budget(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    for queued in (False, False, True, True, False):
        play(enrollment, lambda _, queued=queued: Wait(1, "w", queued=queued))
    # A minute passes before each tick but the first; those after a turn that was waited for do not count.
    assert look(database, enrollment)[1].elapsed == 2 * 60.0


def test_what_is_left_is_what_is_not_done_and_all_of_it_where_the_store_cannot_tell(
    services: Services, enrolled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrollment, ticker = enrolled(), Ticker(services)
    with services.database.begin() as connection:
        for stage, condition in ((Stage.DISCOVERED, Condition.DONE), (Stage.VERIFIED, Condition.FAILED)):
            record = StageRecord(stage, condition, "2026-01-01T00:00:00+00:00")
            records.save_stage(connection, enrollment, records.StageRow(record))
    assert ticker.left(enrollment) == [stage.value for stage in ORDER[1:]]

    def locked(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(records, "done", locked)
    assert ticker.left(enrollment) == [stage.value for stage in ORDER]


def test_an_enrollment_that_the_store_does_not_have_is_not_walked_for_ever(services: Services, enrolled: Any) -> None:
    """The store was put back from an older copy than the workflow library's database."""
    assert Ticker(services)("n1-of-yesterday", "inspected") == FAILED


def test_another_thing_that_is_missing_does_not_end_a_known_enrollment(
    database: Engine, services: Services, enrolled: Any
) -> None:
    enrollment = enrolled()
    with database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM nodes")
    with pytest.raises(NotFound):
        Ticker(services)(enrollment, "inspected")
