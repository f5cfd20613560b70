"""A batch in burned-in with stubbed runs: who tests when, what a late or lost node costs, and who is failed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.engine.pipeline import check_runs, pair_verdicts
from metalctl.engine.pipeline.patience import Patience, key
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.turns import LATE
from metalctl.model.codec import encode
from metalctl.model.dossier import StageRecord
from metalctl.model.finding import Finding
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, pairs, records
from metalctl.store.evidence import RunRow
from metalctl.store.records import StageRow
from tests.unit.engine.pipeline.pair_rack import LIMIT, Rack, Rate


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
            made.memos[name] = {"ready_for_peers": True, "seat": seat}
            record = StageRecord(Stage.BURNED_IN, Condition.RUNNING, "2026-01-01T00:00:00+00:00")
            with database.begin() as connection:
                records.save_stage(connection, made.ids[name], StageRow(record, memo=made.memos[name]))
                values = {"stage": Stage.BURNED_IN.value, "condition": Condition.RUNNING.value}
                enrollments.change(connection, made.ids[name], **values)
        monkeypatch.setattr(check_runs, "follow", made.follow)
        return made

    return build


@pytest.fixture
def hurry(services: Services) -> None:
    """Each look at the clock is five minutes later."""
    services.patience = Patience(itertools.count(0.0, 300.0).__next__)


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
    assert sum(p.state == pairs.BEGUN or key(f"in round {p.round}") in memo for p, memo in partner.items()) == 1


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
        made.memos[name][key("for the batch")] = LATE
    made.run(1)
    made.memos["n3"] = late
    made.context("n3").save_memo()
    made.silent.clear()
    made.tick("n3")
    made.run()
    assert made.verdicts() == dict.fromkeys(made.ids, Verdict.PASS)


def test_a_clock_that_is_set_by_hours_and_a_service_that_was_down_cost_no_pair(
    rack: Callable[..., Rack], services: Services, monkeypatch: pytest.MonkeyPatch, database: Engine
) -> None:
    made = rack(3)
    made.silent.add("n2")
    for hours in range(8):
        monkeypatch.setattr(time, "time", lambda hours=hours: 2e9 + (-1) ** hours * 36_000.0 * hours)
        services.patience = Patience()  # as of another process
        for name in ("n1", "n3"):
            if name not in made.ended:
                made.tick(name)
    with database.connect() as connection:
        assert pairs.number(connection, made.batch, (pairs.MISSED,)) == 0


def test_what_was_waited_before_a_restart_counts_and_a_hold_of_hours_does_not() -> None:
    memo: dict[str, Any] = {}
    now = [0.0]
    patience = Patience(lambda: now[0])
    for moment, waited in ((0.0, 0.0), (100.0, 100.0), (9000.0, 400.0)):
        now[0] = moment
        assert patience.waited("e1", "x", memo) == waited
    assert Patience(lambda: 5.0).waited("e1", "x", memo) == 400.0
    patience.over("e1", "x", memo)
    assert memo == {}
