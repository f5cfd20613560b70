"""A batch in burned-in with stubbed runs: who tests when, what a late or lost node costs, and who is failed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.engine.pipeline import check_runs, cohort, pair_verdicts
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import burned_in
from metalctl.model.codec import encode
from metalctl.model.dossier import StageRecord
from metalctl.model.finding import Finding
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes, pairs, records
from metalctl.store.evidence import RunRow
from metalctl.store.records import StageRow
from tests.unit.engine.contexts import context_at

LIMIT = 2e6
Rate = Callable[[str, str], float]


@dataclass
class Rack:
    """Nodes that tick in turn; a run takes `takes` ticks of its node. silent: nodes that do not tick.

    serving: nodes that leave mtu to their peers.
    """

    services: Services
    batch: str
    level: str
    ids: dict[str, str] = field(default_factory=dict)
    memos: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: dict[str, Done | StageFailed] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    serving: set[str] = field(default_factory=set)
    rate: Rate = lambda _sender, _receiver: 3e6
    takes: int = 1
    looked: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    def context(self, name: str) -> Context:
        with self.services.database.connect() as connection:
            found, node = enrollments.get(connection, self.ids[name]), nodes.get(connection, name)
        return context_at(self.services, found, node, Stage.BURNED_IN, self.memos[name])

    def tick(self, name: str) -> Done | Wait | StageFailed:
        ctx = self.context(name)
        alone = RunRow("alone", self.ids[name], "burn-in", self.level, "b", state="finished")
        said: Done | Wait | StageFailed
        try:
            mine = cohort.schedule(ctx, self.level)
            said = Wait(1, "others") if mine is None else burned_in._paired(ctx, self.level, alone, mine, ())
        except StageFailed as failed:
            said = failed
        ctx.save_memo()
        if not isinstance(said, Wait):
            self.ended[name] = said
            self.end(name, passed=isinstance(said, Done))
        return said

    def end(self, name: str, *, passed: bool) -> None:
        values = {"stage": Stage.INSTALLED.value} if passed else {"condition": Condition.FAILED.value}
        with self.services.database.begin() as connection:
            enrollments.change(connection, self.ids[name], **values)
        if not passed:
            cohort.dropped(self.context(name))

    def run(self, ticks: int = 60) -> None:
        for _ in range(ticks):
            for name in self.ids:
                if name not in self.ended and name not in self.silent:
                    self.tick(name)
            self._count()
            if set(self.ids) <= set(self.ended) | self.silent:
                return

    def _count(self) -> None:
        with self.services.database.connect() as connection:
            begun = pairs.in_state(connection, self.batch, pairs.BEGUN)
            sides = pairs.sides(connection, begun)
        both = [p for p in begun if not any(p.run(e) in sides and sides[p.run(e)].over for e in p.ends)]
        at = Counter(end for p in both for end in p.ends)
        assert max(at.values(), default=0) <= 1, "a node is in two tests"
        seat = {i: next(iter(self.memos[n].get("seat", {}).get("switches", {"": ""}))) for n, i in self.ids.items()}
        over = Counter(s for p in both if seat[p.server] != seat[p.client] for s in (seat[p.server], seat[p.client]))
        self.most |= over

    def follow(self, ctx: Context, run_id: str, *_: object) -> RunRow:
        """Starts the run, and some ticks later it has ended with what the rates give."""
        self.looked[run_id] += 1
        row = check_runs.found(ctx, run_id) or RunRow(run_id, ctx.enrollment.id, "peer", self.level, "b", entries=1)
        if self.looked[run_id] > self.takes:
            row.state, row.final, row.results = "finished", {"event": "run-finished"}, self.results(run_id)
        with ctx.store() as connection:
            evidence.save_run(connection, row)
        return row

    def results(self, run_id: str) -> list[CheckResult]:
        with self.services.database.connect() as connection:
            pair = next(p for p in pairs.of_batch(connection, self.batch) if run_id in map(p.run, p.ends))
            came = set(pairs.sides(connection, [pair])) == {pair.run(e) for e in pair.ends}
        if not came:
            return [CheckResult(check, Verdict.UNKNOWN, reason="no peer came") for check in ("iperf3", "mtu")]
        names = {i: n for n, i in self.ids.items()}
        server, client = names[pair.server], names[pair.client]
        rates = {"forward": self.rate(client, server), "reverse": self.rate(server, client)}
        measured = tuple(Measurement(way, rate, "b/s", at_least=LIMIT) for way, rate in rates.items())
        verdict = Verdict.PASS if min(rates.values()) >= LIMIT else Verdict.FAIL
        mtu = Verdict.SKIP if {run_id} & {pair.run(self.ids[n]) for n in self.serving} else Verdict.PASS
        return [CheckResult("iperf3", verdict, measurements=measured), CheckResult("mtu", mtu, reason="the peer pings")]

    def verdicts(self) -> dict[str, Verdict]:
        return {name: self.finding(name).verdict for name in self.ended}

    def finding(self, name: str) -> Finding:
        return next(f for f in self.ended[name].findings if f.requirement == "check.iperf3")


@pytest.fixture
def rack(
    database: Engine, services: Services, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Rack]:
    def build(count: int, level: str = "quick", switches: int = 1, **options: Any) -> Rack:
        with database.begin() as connection:
            batch = enrollments.new_batch(connection, {"level": level, "allow_erase": False, **options})
        made = Rack(services, batch, level)
        for i in range(count):
            name = f"n{i + 1}"
            made.ids[name] = enrolled(name, batch)
            switch = f"tor{1 + i * switches // count}"
            seat = {"switches": {switch: switch}, "ports": [f"eno1 → {switch} swp{i + 1}"]}
            made.memos[name] = {"ready_for_peers": True, "ready_at": time.time(), "seat": seat}
            record = StageRecord(Stage.BURNED_IN, Condition.RUNNING, "2026-01-01T00:00:00+00:00")
            with database.begin() as connection:
                records.save_stage(connection, made.ids[name], StageRow(record, memo=made.memos[name]))
                values = {"stage": Stage.BURNED_IN.value, "condition": Condition.RUNNING.value}
                enrollments.change(connection, made.ids[name], **values)
        monkeypatch.setattr(check_runs, "follow", made.follow)
        return made

    return build


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is ten minutes later."""
    now = [time.time()]

    def later() -> float:
        now[0] += 600.0
        return now[0]

    monkeypatch.setattr(time, "time", later)


def slow(*names: str) -> Rate:
    return lambda sender, receiver: 1e6 if {sender, receiver} & set(names) else 3e6


@pytest.mark.parametrize(("count", "level"), [(2, "quick"), (3, "normal"), (5, "burn-in")])
def test_all_good_all_pass_each_in_one_test_at_a_time(rack: Callable[..., Rack], count: int, level: str) -> None:
    made = rack(count, level)
    made.run()
    assert made.verdicts() == dict.fromkeys(made.ids, Verdict.PASS)


def test_the_node_that_is_to_blame_fails_and_its_peers_pass(rack: Callable[..., Rack], database: Engine) -> None:
    made = rack(5, "normal")
    made.rate = slow("n3")
    made.run()
    assert made.verdicts() == {n: Verdict.FAIL if n == "n3" else Verdict.PASS for n in made.ids}
    blamed = made.finding("n3")
    assert "NIC, cable or switch port of n3 (eno1 → tor1 swp3)" in blamed.part
    assert "swap the cable" in blamed.remedy
    assert "slow with n3, where the fault is" in made.finding("n5").got
    with database.connect() as connection:
        left = {name: evidence.runs(connection, i) for name, i in made.ids.items()}
    failed = {n for n, rows in left.items() for r in rows for c in r.results if c.verdict is Verdict.FAIL}
    assert failed == {"n3"}, "a report goes by the results of the runs"
    told = [c for r in left["n5"] for c in r.results if c.evidence.get("pair_verdict") == "FAIL"]
    assert [(c.verdict, len(c.measurements)) for c in told] == [(Verdict.SKIP, 2)]


def test_two_nodes_alone_are_both_unknown_and_it_is_said_what_to_measure(rack: Callable[..., Rack]) -> None:
    made = rack(2)
    made.rate = slow("n1")
    made.run()
    assert made.verdicts() == {"n1": Verdict.UNKNOWN, "n2": Verdict.UNKNOWN}
    said = made.finding("n1")
    assert "n1 (eno1 → tor1 swp1) or the NIC, cable or switch port of n2" in said.got
    assert "with a node that is known to be fast" in said.remedy


def test_all_pairs_slow_fail_no_node_and_pass_none(rack: Callable[..., Rack]) -> None:
    made = rack(3)
    made.rate = lambda _sender, _receiver: 1e6
    made.run()
    assert set(made.verdicts().values()) == {Verdict.UNKNOWN}
    assert "what they share, not one node" in made.finding("n1").got


def test_a_slow_uplink_is_a_warning_on_its_nodes_which_pass_by_their_other_pairs(rack: Callable[..., Rack]) -> None:
    made = rack(4, "normal", switches=2, pairs_per_uplink=2)
    made.rate = lambda sender, receiver: 1e6 if (sender <= "n2") != (receiver <= "n2") else 3e6
    made.run()
    assert set(made.verdicts().values()) == {Verdict.PASS}
    warned = [f for f in made.ended["n1"].findings if f.requirement == "check.iperf3.uplink"]
    assert [f.part for f in warned] == ["the link between tor1 and tor2"]
    assert not warned[0].blocks


@pytest.mark.parametrize("most", [1, 2])
def test_an_uplink_carries_no_more_pairs_at_a_time_than_it_may(rack: Callable[..., Rack], most: int) -> None:
    made = rack(4, "normal", switches=2, pairs_per_uplink=most)
    made.run(100)
    assert made.verdicts() == dict.fromkeys(made.ids, Verdict.PASS)
    assert set(made.most.values()) == {most}


def test_a_node_that_dropped_out_costs_only_its_own_pairs(rack: Callable[..., Rack]) -> None:
    made = rack(5)
    made.tick("n1")
    made.end("n2", passed=False)
    made.silent.add("n2")
    made.run()
    assert made.verdicts() == {n: Verdict.PASS for n in made.ids if n != "n2"}
    assert any("not measured: no test with n2" in made.finding(n).got for n in made.ended)


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("level", ["quick", "burn-in"])
def test_a_node_that_hangs_costs_only_its_own_pairs(rack: Callable[..., Rack], level: str) -> None:
    made = rack(5, level)
    made.silent.add("n2")
    made.run(60)
    assert made.verdicts() == {n: Verdict.PASS for n in made.ids if n != "n2"}


@pytest.mark.usefixtures("hurry")
def test_a_node_that_hangs_keeps_only_one_other_waiting(rack: Callable[..., Rack], database: Engine) -> None:
    made = rack(5, "burn-in")
    made.silent.add("n2")
    made.run(60)
    with database.connect() as connection:
        its = pairs.of_enrollment(connection, made.batch, made.ids["n2"])
    names = {i: n for n, i in made.ids.items()}
    partner = {p: made.memos[names[p.other(made.ids["n2"])]] for p in its}
    assert sum(p.state == pairs.BEGUN or f"awaited {p.round}" in memo for p, memo in partner.items()) == 1


def test_a_node_that_only_served_is_not_passed_on_what_its_peers_measured(rack: Callable[..., Rack]) -> None:
    made = rack(3)
    made.serving.add("n1")
    made.run()
    mtu = {n: next(f for f in said.findings if f.requirement == "check.mtu") for n, said in made.ended.items()}
    assert {n: f.verdict for n, f in mtu.items()} == {"n1": Verdict.UNKNOWN, "n2": Verdict.PASS, "n3": Verdict.PASS}
    assert mtu["n1"].got == "not judged by this node: the peer pings"


def test_what_a_check_said_still_counts_for_the_others_after_it_was_settled_for_one() -> None:
    pair = pairs.Pair("b", 0, "e1", "e2", 5201, pairs.ENDED)
    measured = tuple(Measurement(way, 1e6, "b/s", at_least=LIMIT) for way in ("forward", "reverse"))
    failed = CheckResult("iperf3", Verdict.FAIL, measurements=measured)
    row = RunRow(pair.run("e1"), "e1", "peer", "quick", "b", results=[failed])
    for finding in (Finding("check.iperf3", Verdict.PASS), Finding("check.iperf3", Verdict.UNKNOWN)):
        row = pair_verdicts.told(row, {"iperf3": finding})
        side = pairs.Side("finished", tuple(encode(row.results)))
        batch = pair_verdicts.Batch([pair], {pair.run("e1"): side}, {"e1": "n1", "e2": "n2"}, {}, {})
        assert [c.good for c in pair_verdicts.cells(batch, "iperf3")] == [False, False]


@pytest.mark.usefixtures("hurry")
def test_a_late_node_comes_back_and_does_the_pairs_that_are_left(rack: Callable[..., Rack]) -> None:
    made = rack(4, "burn-in")
    made.silent.add("n2")
    made.run(6)
    made.silent.clear()
    made.run(100)
    assert made.verdicts()["n1"] is Verdict.PASS
    assert set(made.ended) == set(made.ids)


@pytest.mark.usefixtures("hurry")
def test_a_node_of_which_no_pair_was_measured_is_unknown(rack: Callable[..., Rack]) -> None:
    made = rack(2)
    made.silent.add("n2")
    made.run(60)
    assert made.verdicts() == {"n1": Verdict.UNKNOWN}
    assert made.finding("n1").remedy


@pytest.mark.usefixtures("hurry")
def test_a_batch_does_not_wait_for_a_node_that_is_long_in_its_own_checks(rack: Callable[..., Rack]) -> None:
    made = rack(4)
    made.memos["n4"].clear()
    made.context("n4").save_memo()
    made.silent.add("n4")
    made.run(60)
    assert made.verdicts() == dict.fromkeys(("n1", "n2", "n3"), Verdict.PASS)


def test_who_comes_alone_and_late_tests_with_those_that_are_still_here(rack: Callable[..., Rack]) -> None:
    made = rack(3, "burn-in")
    late, made.memos["n3"] = made.memos["n3"], {}
    made.context("n3").save_memo()
    made.silent.add("n3")
    for name in ("n1", "n2"):
        made.memos[name]["ready_at"] = 0.0
    made.run(1)
    made.memos["n3"] = late
    made.context("n3").save_memo()
    made.silent.clear()
    made.tick("n3")
    made.run()
    assert made.verdicts() == dict.fromkeys(made.ids, Verdict.PASS)
