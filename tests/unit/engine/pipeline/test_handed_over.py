"""The stages after the match believe what is read back, not what was sent: burned-in, accepted, handed-over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metalctl import handover
from metalctl.engine.pipeline import check_runs
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import accepted, burned_in, handed_over
from metalctl.handover.base import Handed
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Dimm, Inventory, Memory
from metalctl.model.measurement import CheckResult
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes, records
from metalctl.store.evidence import RunRow
from tests.unit.engine.contexts import context_at


@pytest.fixture
def ctx(services: Services, enrolled: Callable[..., str]) -> Context:
    services.settings = replace(services.settings, handover=("one", "two"))
    identifier = enrolled()
    with services.database.begin() as connection:
        for kind in ("in-band", "installed"):
            evidence.add_inventory(connection, "n1", identifier, kind, Inventory(kind, Identity("S1")))
        enrollments.change(connection, identifier, stage=Stage.HANDED_OVER.value)
        enrollment, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")
    return context_at(services, enrollment, node, Stage.HANDED_OVER)


class FakeTarget:
    """A cloud that takes everything, and says afterwards what the test wants."""

    def __init__(self, verdict: Verdict, severity: str = "error") -> None:
        self.told: list[str] = []
        self._finding = Finding("handover.x", verdict, "a", "b", remedy="look there", severity=severity)

    def hand_over(self, dossiers: Any, _: Any) -> Handed:
        self.told += [d.node for d in dossiers]
        return Handed("x", (), "written")

    def read_back(self, *_: Any) -> tuple[Finding, ...]:
        return (self._finding,)


def play(ctx: Context, monkeypatch: pytest.MonkeyPatch, *targets: FakeTarget) -> Done | Wait:
    named = dict(zip(("one", "two"), targets, strict=True))
    monkeypatch.setattr(handover, "target", named.__getitem__)
    return handed_over.tick(ctx)


def test_every_target_is_told_and_read_back(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = FakeTarget(Verdict.PASS), FakeTarget(Verdict.FAIL, "warning")
    outcome = play(ctx, monkeypatch, one, two)
    assert isinstance(outcome, Done)
    assert (one.told, two.told, outcome.evidence["targets"]) == (["n1"], ["n1"], {"one": "written", "two": "written"})


def test_a_target_is_told_of_this_node_alone_though_others_of_its_batch_came_before(
    ctx: Context, services: Services, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that came before may be in use by now, and Ironic refuses to be told of it: that is no fault of this node."""
    other = enrolled("n2", ctx.enrollment.batch)
    with services.database.begin() as connection:
        enrollments.change(connection, other, stage=Stage.HANDED_OVER.value, condition="done")
    one, two = FakeTarget(Verdict.PASS), FakeTarget(Verdict.PASS)
    play(ctx, monkeypatch, one, two)
    assert (one.told, two.told) == (["n1"], ["n1"])


@pytest.mark.parametrize(("verdict", "fault"), [(Verdict.FAIL, "hardware"), (Verdict.UNKNOWN, "metalctl")])
def test_what_a_target_says_otherwise_stops_the_node_although_it_took_everything(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, fault: str
) -> None:
    with pytest.raises(StageFailed) as caught:
        play(ctx, monkeypatch, FakeTarget(Verdict.PASS), FakeTarget(verdict))
    assert caught.value.fault == fault


@pytest.mark.parametrize(
    ("verdict", "how", "passes"),
    [(Verdict.PASS, "finished", True), (Verdict.FAIL, "finished", False), (Verdict.UNKNOWN, "finished", False),
     (Verdict.PASS, "lost", False)],
)  # fmt: skip
def test_a_node_is_accepted_by_the_verdicts_of_its_checks_on_the_installed_system(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, how: str, passes: bool
) -> None:
    asked: list[str] = []

    def follow(_: Context, run_id: str, make: Any, system: str, kind: str, level: str) -> RunRow:
        asked.extend((system, kind, make().kind))
        results = [CheckResult("kvm-guest", verdict)]
        return RunRow("r1", "e1", kind, level, "i1", state=how, results=results, final={"event": "run-finished"})

    monkeypatch.setattr(check_runs, "follow", follow)
    if passes:
        assert isinstance(accepted.tick(ctx), Done)
    else:
        with pytest.raises(StageFailed):
            accepted.tick(ctx)
    assert asked == ["installed", "accept", "accept"]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.UNKNOWN])
def test_a_node_that_fails_alone_is_burned_in_no_further_and_no_partner_for_others(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, verdict: Verdict
) -> None:
    def follow(_: Context, run_id: str, *__: Any) -> RunRow:
        results = [CheckResult("memory", verdict)]
        return RunRow(run_id, "e1", "burn-in", "quick", "r1", "finished", results=results,
                      final={"event": "run-finished"})  # fmt: skip

    monkeypatch.setattr(check_runs, "follow", follow)
    with pytest.raises(StageFailed):
        burned_in.tick(ctx)
    assert "ready_for_peers" not in ctx.memo


def test_an_installed_system_that_sees_another_machine_than_was_matched_fails_by_the_part(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One module less, another serial: the checks on it may pass all the same."""
    modules = Memory(None, (Dimm("A1", 2**30, serial="DM1AAA"), Dimm("B1", 2**30, serial="DM2BBB")))
    with ctx.store() as connection:
        for kind, memory in (("in-band", modules), ("installed", replace(modules, dimms=modules.dimms[:1]))):
            found = Inventory(kind, Identity("S1SER"), memory=memory)
            evidence.add_inventory(connection, "n1", ctx.enrollment.id, kind, found)

    def follow(_: Context, __: str, ___: Any, system: str, kind: str, level: str) -> RunRow:
        results = [CheckResult("kvm-guest", Verdict.PASS)]
        return RunRow("r1", "e1", kind, level, "i1", state="finished", results=results, final={"event": "run-finished"})

    monkeypatch.setattr(check_runs, "follow", follow)
    with pytest.raises(StageFailed) as caught:
        accepted.tick(ctx)
    assert [f.part for f in caught.value.findings if f.verdict is Verdict.FAIL] == ["dimm B1 serial DM2BBB"]


def test_what_the_targets_said_is_written_down_before_our_key_is_taken_off(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it is, the service does not tell them all again."""
    seen: list[object] = []

    def withdraw(ctx: Context) -> tuple[Finding, ...]:
        with ctx.store() as connection:
            row = records.stage(connection, ctx.enrollment.id, Stage.HANDED_OVER)
        seen.append(row and row.memo.get("targets"))
        return ()

    monkeypatch.setattr(handed_over, "withdraw", withdraw)
    play(ctx, monkeypatch, FakeTarget(Verdict.PASS), FakeTarget(Verdict.PASS))
    assert seen == [{"one": "written", "two": "written"}]
