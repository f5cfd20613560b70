"""What is made of finished, failed and lost runs: UNKNOWN never becomes PASS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metalctl.content import profiles
from metalctl.engine.pipeline import check_runs
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import StageFailed
from metalctl.engine.pipeline.services import Services
from metalctl.engine.reach import runs
from metalctl.model.boot import PhoneHome
from metalctl.model.finding import Waiver
from metalctl.model.measurement import CheckResult
from metalctl.model.profile import Profile
from metalctl.model.run import RunSpec
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import boots, enrollments, evidence, nodes
from metalctl.store.evidence import RunRow
from tests.unit.engine.contexts import context_at

FINISHED = {"event": "run-finished"}


def row(*results: CheckResult, state: str = "finished", final: dict[str, Any] | None = FINISHED) -> RunRow:
    return RunRow("r1", "e1", "burn-in", "quick", "b1", state=state, results=list(results), final=final)


def test_a_run_of_passes_gives_their_findings() -> None:
    found = check_runs.conclude([row(CheckResult("bond", Verdict.PASS), CheckResult("mtu", Verdict.SKIP))])
    assert [(f.requirement, f.verdict) for f in found] == [("check.bond", Verdict.PASS), ("check.mtu", Verdict.SKIP)]


@pytest.mark.parametrize(
    ("verdicts", "fault"),
    [((Verdict.FAIL,), "hardware"), ((Verdict.UNKNOWN,), "metalctl"), ((Verdict.UNKNOWN, Verdict.FAIL), "hardware")],
)
def test_fail_and_unknown_stop_the_stage_and_only_a_fail_is_the_hardwares_fault(
    verdicts: tuple[Verdict, ...], fault: str
) -> None:
    with pytest.raises(StageFailed) as caught:
        check_runs.conclude([row(CheckResult("good", Verdict.PASS), *(CheckResult("x", v) for v in verdicts))])
    assert caught.value.fault == fault
    assert all(f.remedy for f in caught.value.findings if f.blocks)


@pytest.mark.parametrize(
    ("state", "final"),
    [("lost", None), ("lost", FINISHED), ("finished", None), ("finished", {"event": "error", "message": "no fio"})],
)
def test_a_run_without_a_good_end_is_unknown_although_all_its_checks_passed(
    state: str, final: dict[str, Any] | None
) -> None:
    with pytest.raises(StageFailed) as caught:
        check_runs.conclude([row(CheckResult("bond", Verdict.PASS), state=state, final=final)])
    assert [f.verdict for f in caught.value.findings if f.blocks] == [Verdict.UNKNOWN]
    assert caught.value.fault == "metalctl"


WAIVER = Waiver("check.bond", "ops", "cable on order", "2999-01-31")


def profile(**changes: Any) -> Profile:
    return replace(profiles.load("lab/compute"), **changes)


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.UNKNOWN])
def test_a_check_that_was_waived_by_name_is_told_and_does_not_stop_the_stage(verdict: Verdict) -> None:
    (found,) = check_runs.conclude([row(CheckResult("bond", verdict))], profile(waivers=(WAIVER,)))
    assert (found.verdict, found.waiver, found.blocks) == (verdict, WAIVER, False)


@pytest.mark.parametrize("waiver", [replace(WAIVER, requirement="check.mtu"), replace(WAIVER, until="2020-01-31")])
def test_a_waiver_of_another_check_or_of_the_past_waives_nothing(waiver: Waiver) -> None:
    with pytest.raises(StageFailed):
        check_runs.conclude([row(CheckResult("bond", Verdict.FAIL))], profile(waivers=(waiver,)))


def test_neither_a_warning_nor_a_waiver_lets_a_run_without_a_good_end_pass() -> None:
    free = profile(waivers=(replace(WAIVER, requirement="run.*"),), warnings=("check.*", "run.*"))
    for bad in (row(state="lost", final=None), row(CheckResult("bond", Verdict.FAIL))):
        with pytest.raises(StageFailed):
            check_runs.conclude([bad], free)


def spec() -> RunSpec:
    return RunSpec("r1", "n1", "burn-in", "quick", {})


@pytest.fixture
def ctx(services: Services, enrolled: Callable[..., str]) -> Context:
    identifier = enrolled()
    with services.database.begin() as connection:
        report = PhoneHome(token="t", node="n1", kind="ramdisk", boot_id="now")
        boots.add_boot(connection, identifier, report)
        enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")
    return context_at(services, enrollment, node, Stage.BURNED_IN)


def test_a_run_of_a_boot_before_this_one_is_lost_and_not_read_on(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("it was tailed")

    monkeypatch.setattr(runs, "tail", never)
    with ctx.store() as connection:
        evidence.save_run(connection, RunRow("r1", ctx.enrollment.id, "burn-in", "quick", "before"))
    found = check_runs.follow(ctx, "r1", spec, "ramdisk", "burn-in")
    assert found.state == "lost"


def test_a_run_that_ended_is_not_asked_again(ctx: Context) -> None:
    with ctx.store() as connection:
        evidence.save_run(connection, RunRow("r1", ctx.enrollment.id, "burn-in", "quick", "now", state="finished"))
    assert check_runs.follow(ctx, "r1", spec, "ramdisk", "burn-in").state == "finished"


def test_a_run_is_started_once_and_then_tailed(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(Context, "remote", lambda *_: object())
    monkeypatch.setattr(runs, "started", lambda *_: False)
    monkeypatch.setattr(runs, "start", lambda *_: calls.append("start"))
    monkeypatch.setattr(runs, "tail", lambda *_: calls.append("tail"))
    for _ in range(3):
        check_runs.follow(ctx, "r1", spec, "ramdisk", "burn-in")
    assert calls == ["start", "tail", "tail"]


def test_what_a_service_started_and_died_before_it_wrote_that_down_is_not_ordered_again(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second order would hold another token, and revoke the one that is on the disk by now: nobody would be heard."""
    monkeypatch.setattr(Context, "remote", lambda *_: object())
    monkeypatch.setattr(runs, "started", lambda *_: True)

    def never(*_: Any) -> RunSpec:
        raise AssertionError("it was ordered again")

    found = check_runs.follow(ctx, "r1", never, "ramdisk", "install")
    assert (found.run_id, found.state, found.boot_id) == ("r1", "running", "now")
    with ctx.store() as connection:
        assert evidence.run(connection, "r1") == found
