"""What a tick makes of what a stage says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.engine import tick as tick_module
from metalctl.engine.context import Context
from metalctl.engine.errors import RemoteError
from metalctl.engine.outcome import Done, StageFailed, Wait
from metalctl.engine.services import Services
from metalctl.engine.spine import StageSpec
from metalctl.engine.tick import Ticker
from metalctl.model.errors import MetalctlError
from metalctl.model.finding import Finding
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, nodes

BAD = Finding("disks.data.count", Verdict.FAIL, "3", "2", remedy="seat the missing one")


@pytest.fixture
def play(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run one tick of a stage function, as stage `matched`, for an enrollment."""

    def run(enrollment: str, function: Callable[[Context], Done | Wait], budget: float = 60.0) -> dict[str, Any]:
        spec = StageSpec(Stage.MATCHED, function, budget, 1)
        monkeypatch.setattr(tick_module, "BY_STAGE", {Stage.MATCHED: spec})
        return Ticker(services)(enrollment, "matched")

    return run


def look(database: Engine, enrollment: str) -> tuple[enrollments.Enrollment, enrollments.StageRow]:
    with database.connect() as connection:
        row = enrollments.stage(connection, enrollment, Stage.MATCHED)
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

    assert play(enrollment, function) == {"kind": "done"}
    assert play(enrollment, function) == {"kind": "done"}
    found, row = look(database, enrollment)
    assert calls == ["n1"]
    assert (found.condition, row.record.evidence) == (Condition.DONE, {"boot_id": "b1"})


def test_a_failed_stage_names_its_finding_and_blames_the_hardware(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    assert play(enrollment, raising(StageFailed((BAD,)))) == {"kind": "failed"}
    found, row = look(database, enrollment)
    assert (found.condition, found.fault, row.record.findings) == (Condition.FAILED, "hardware", (BAD,))


def test_a_dropped_connection_is_tried_again(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    outcome = play(enrollment, raising(RemoteError("connection reset")))
    assert outcome["kind"] == "wait"
    assert 0 < outcome["seconds"] < 5
    assert look(database, enrollment)[0].condition is Condition.WAITING


def test_a_node_that_gives_only_errors_for_half_an_hour_is_unknown_long_before_the_budget(
    database: Engine, play: Any, enrolled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrollment, gone = enrolled(), raising(RemoteError("no answer"))
    monkeypatch.setattr(tick_module, "_gap", lambda _: 60.0)
    outcomes = [play(enrollment, gone, budget=1e6)["kind"] for _ in range(32)]
    assert outcomes == ["wait"] * 31 + ["failed"]
    found, row = look(database, enrollment)
    finding = row.record.findings[0]
    assert (finding.requirement, finding.verdict, found.fault) == ("node.reachable", Verdict.UNKNOWN, "metalctl")
    assert "no answer" in finding.got


def test_one_answer_in_between_starts_the_half_hour_anew(
    database: Engine, play: Any, enrolled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrollment, gone = enrolled(), raising(RemoteError("no answer"))
    monkeypatch.setattr(tick_module, "_gap", lambda _: 60.0)
    for function in [gone] * 25 + [lambda _: Wait(1, "w")] + [gone] * 25:
        assert play(enrollment, function, budget=1e6)["kind"] == "wait"


def test_a_stage_that_used_up_its_time_is_unknown_and_not_the_hardware(
    database: Engine, play: Any, enrolled: Any
) -> None:
    enrollment = enrolled()
    play(enrollment, lambda _: Wait(1, "w"))
    assert play(enrollment, lambda _: Wait(1, "w"), budget=-1.0) == {"kind": "failed"}
    found, row = look(database, enrollment)
    assert (found.fault, row.record.findings[0].verdict) == ("metalctl", Verdict.UNKNOWN)


def test_a_stage_that_an_error_kept_until_its_time_was_up_names_the_error_and_what_to_do(
    database: Engine, play: Any, enrolled: Any
) -> None:
    enrollment, gone = enrolled(), raising(RemoteError("the BMC does not answer", hint="is it powered?"))
    assert play(enrollment, gone)["kind"] == "wait"
    assert play(enrollment, gone, budget=-1.0) == {"kind": "failed"}
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
    assert play(enrollment, raising(error)) == {"kind": "failed"}
    found, row = look(database, enrollment)
    finding = row.record.findings[0]
    assert (found.fault, finding.verdict, bool(finding.remedy)) == ("metalctl", Verdict.UNKNOWN, True)


def test_a_parked_node_is_left_alone(database: Engine, play: Any, enrolled: Any) -> None:
    enrollment = enrolled()
    with database.begin() as connection:
        nodes.change(connection, "n1", parked=True)
    assert play(enrollment, raising(AssertionError("it was called")))["kind"] == "wait"
    assert "parked" in look(database, enrollment)[0].why


def test_the_memo_survives_between_ticks(play: Any, enrolled: Any) -> None:
    enrollment, seen = enrolled(), []

    def function(ctx: Context) -> Wait:
        seen.append(ctx.memo.get("n", 0))
        ctx.memo["n"] = ctx.memo.get("n", 0) + 1
        return Wait(1, "w")

    for _ in range(3):
        play(enrollment, function)
    assert seen == [0, 1, 2]
