"""Who tests with whom: once for everybody who comes in time, anew for those who retry."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from metalctl.engine.operate import submit
from metalctl.engine.pipeline import cohort, layout
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.stages import burned_in
from metalctl.engine.topics import batch_topic
from metalctl.model.boot import PhoneHome
from metalctl.model.dossier import StageRecord
from metalctl.model.measurement import CheckResult
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import boots, enrollments, evidence, nodes, pairs, records
from metalctl.store.evidence import RunRow
from metalctl.store.records import StageRow
from tests.unit.engine.contexts import context_at

Place = Callable[[str, bool], Context]


@pytest.fixture
def batch(database: Engine) -> str:
    with database.begin() as connection:
        return enrollments.new_batch(connection, {"level": "quick", "allow_erase": False})


@pytest.fixture
def place(services: Services, enrolled: Callable[..., str], batch: str) -> Place:
    """Put a node into burned-in (enrolling it if need be), ready for its peers or not."""

    known: dict[str, str] = {}

    def put(name: str, ready: bool) -> Context:
        identifier = known.get(name) or known.setdefault(name, enrolled(name, batch))
        record = StageRecord(Stage.BURNED_IN, Condition.RUNNING, "2026-01-01T00:00:00+00:00")
        memo = {"ready_for_peers": True} if ready else {}
        with services.database.begin() as connection:
            before = records.stage(connection, identifier, Stage.BURNED_IN)
            row = StageRow(record, memo=memo, version=before.version if before else 0)
            records.save_stage(connection, identifier, row)
            values = {"stage": Stage.BURNED_IN.value, "condition": Condition.RUNNING.value}
            enrollments.change(connection, identifier, **values)
            found, node = enrollments.get(connection, identifier), nodes.get(connection, name)
        return context_at(services, found, node, Stage.BURNED_IN, memo)

    return put


def fail(database: Engine, ctx: Context, run_id: str = "") -> None:
    """The pair test of a node fails, and its enrollment with it."""
    with database.begin() as connection:
        if run_id:
            result = CheckResult("iperf3", Verdict.FAIL, "3 Gb/s", boot_id="b")
            run = RunRow(run_id, ctx.enrollment.id, "peer", "quick", "b", state="finished", results=[result])
            evidence.save_run(connection, run)
        values = {"condition": Condition.FAILED.value, "fault": "hardware"}
        enrollments.change(connection, ctx.enrollment.id, **values)


def test_everybody_waits_for_whoever_may_still_come(place: Place) -> None:
    a, b = place("a", True), place("b", False)
    assert cohort.schedule(a, "quick") is None
    b = place("b", True)
    ours = cohort.schedule(a, "quick")
    assert ours is not None
    assert [{p.server, p.client} for p in ours] == [{a.enrollment.id, b.enrollment.id}]
    assert cohort.schedule(b, "quick") == ours


def test_of_many_that_wait_each_is_told_once_when_the_last_is_ready_or_drops_out(
    database: Engine, services: Services, place: Place
) -> None:
    """Told by everybody who became ready before the last, a thousand nodes would look a million times."""
    told: list[str] = []
    services.publish = lambda topic, after=0.0: told.append(topic)
    first, late, lost = place("a", True), place("b", False), place("c", False)
    assert cohort.schedule(first, "quick") is None
    late = place("b", True)
    assert cohort.schedule(late, "quick") is None
    cohort.dropped(first)
    assert told == []
    fail(database, lost)
    cohort.dropped(lost)
    assert told == [batch_topic(first.enrollment.batch)]
    assert cohort.schedule(late, "quick")
    assert told == [batch_topic(first.enrollment.batch)] * 2
    cohort.schedule(first, "quick")
    assert len(told) == 2


def test_all_who_become_ready_in_one_moment_find_one_schedule(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    contexts = [place(name, True) for name in ("a", "b", "c", "d")]
    reading = threading.Barrier(len(contexts))
    of_batch = pairs.of_batch

    def at_once(connection: Connection, batch: str) -> list[pairs.Pair]:
        found = of_batch(connection, batch)
        # Whoever reads gives the others time to read the same before anybody writes.
        with contextlib.suppress(threading.BrokenBarrierError):
            reading.wait(1)
        return found

    monkeypatch.setattr(pairs, "of_batch", at_once)
    with ThreadPoolExecutor(len(contexts)) as pool:
        mine = list(pool.map(lambda ctx: cohort.schedule(ctx, "quick"), contexts))
    with contexts[0].store() as connection:
        made = of_batch(connection, contexts[0].enrollment.batch)
    assert len(made) == 6
    for ctx, found in zip(contexts, mine, strict=True):
        assert found == [p for p in made if ctx.enrollment.id in (p.server, p.client)]


def test_who_waits_to_write_alone_holds_no_connection_meanwhile(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL the services of all boot networks wait for one lock: a hundred threads would use up the pool."""
    first, second = place("a", True), place("b", True)
    open_ = [0]
    store = Context.store

    @contextlib.contextmanager
    def counted(ctx: Context) -> Iterator[Connection]:
        open_[0] += 1
        with store(ctx) as connection:
            yield connection
        open_[0] -= 1

    monkeypatch.setattr(Context, "store", counted)
    entered = threading.Event()

    def other() -> None:
        with second.alone():
            entered.set()

    with first.alone():
        waiting = threading.Thread(target=other)
        waiting.start()
        assert not entered.wait(0.3)
        assert open_ == [1]
    waiting.join(30)
    assert entered.is_set()


def test_a_retried_node_does_not_find_its_old_pair_test(database: Engine, place: Place) -> None:
    a, b = place("a", True), place("b", True)
    (old,) = cohort.schedule(a, "quick") or []
    for ctx in (a, b):
        fail(database, ctx)
    submit.retry(database, ["a", "b"], allow_erase=False)
    a = place("a", True)
    assert cohort.schedule(a, "quick") is None, "b is on its way again"
    b = place("b", True)
    (new,) = cohort.schedule(a, "quick") or []
    assert {new.server, new.client} == {a.enrollment.id, b.enrollment.id}
    assert new.round == old.round + 1
    assert cohort.schedule(b, "quick") == [new]


def test_a_node_that_failed_in_a_pair_is_not_let_through_for_want_of_a_partner(database: Engine, place: Place) -> None:
    a, b = place("a", True), place("b", True)
    cohort.schedule(a, "quick")
    fail(database, a, f"{a.enrollment.id}-peer-x-0")
    with database.begin() as connection:
        enrollments.change(connection, b.enrollment.id, stage=Stage.INSTALLED.value)
    submit.retry(database, ["a"], allow_erase=False)
    a = place("a", True)
    assert cohort.schedule(a, "quick") == []
    with pytest.raises(StageFailed) as caught:
        burned_in._no_peer(a, ())
    assert [f.verdict for f in caught.value.findings] == [Verdict.UNKNOWN]
    assert "enroll it again together" in caught.value.findings[0].remedy


def test_a_node_that_never_had_a_partner_is_skipped_with_the_reason(place: Place) -> None:
    alone = place("a", True)
    assert cohort.schedule(alone, "quick") == []
    (skipped,) = burned_in._no_peer(alone, ())
    assert skipped.verdict is Verdict.SKIP
    assert "at least two nodes" in skipped.remedy


@pytest.fixture
def without_bonds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "bond_specs", lambda _: ())


def two_that_booted(place: Place) -> tuple[dict[str, Context], pairs.Pair]:
    """By enrollment, two nodes that phoned home from 10.0.0.1 and 10.0.0.2, and their pair."""
    ends = {}
    for number, name in enumerate(("a", "b"), 1):
        ctx = place(name, True)
        report = PhoneHome("t", name, "ramdisk", f"boot-{name}", address=f"10.0.0.{number}")
        with ctx.store() as connection:
            boots.add_boot(connection, ctx.enrollment.id, report)
        ends[ctx.enrollment.id] = ctx
    (pair,) = cohort.schedule(ctx, "quick") or []
    return ends, pair


@pytest.mark.usefixtures("without_bonds")
def test_both_ends_of_a_pair_know_each_others_address(place: Place) -> None:
    ends, pair = two_that_booted(place)
    address = {"a": "10.0.0.1", "b": "10.0.0.2"}
    for own, other, serving in ((pair.server, pair.client, True), (pair.client, pair.server, False)):
        peer = burned_in._peer_spec(ends[own], "quick", pair, serving).peer
        assert peer is not None
        there = ends[other].node.name
        assert (peer.node, peer.other, peer.address) == (there, address[there], address[ends[pair.server].node.name])


def paired(place: Place, results: list[CheckResult]) -> object:
    """What burned-in makes of a pair run that left these results: Done, or the findings that block."""
    ends, pair = two_that_booted(place)
    ctx = ends[pair.server]
    with ctx.store() as connection:
        run_id = pair.run(ctx.enrollment.id)
        final = {"event": "run-finished"}
        row = RunRow(run_id, ctx.enrollment.id, "peer", "quick", "b", state="finished", results=results, final=final)
        evidence.save_run(connection, row)
    alone = RunRow("alone", ctx.enrollment.id, "burn-in", "quick", "b", state="finished")
    try:
        return burned_in._paired(ctx, "quick", alone, [pair], ())
    except StageFailed as failed:
        return {f.requirement: f.verdict for f in failed.findings if f.blocks}


@pytest.mark.usefixtures("without_bonds")
@pytest.mark.truth(
    "B10", "a node that only served in its pair, or has no result of what was asked, is not passed on it"
)
@pytest.mark.parametrize(
    ("results", "named"),
    [
        ([CheckResult("iperf3", Verdict.PASS), CheckResult("mtu", Verdict.SKIP, reason="the other side pings")], "mtu"),
        ([CheckResult("mtu", Verdict.PASS)], "iperf3"),
        ([], "mtu"),
    ],
    ids=["only served", "one of two checks", "nothing"],
)
def test_a_node_that_was_not_judged_in_its_pair_is_not_passed(
    place: Place, results: list[CheckResult], named: str
) -> None:
    outcome = paired(place, results)
    assert isinstance(outcome, dict), outcome
    assert outcome[f"check.{named}"] is Verdict.UNKNOWN


@pytest.mark.usefixtures("without_bonds")
def test_a_node_that_was_judged_in_its_pair_goes_on(place: Place) -> None:
    assert isinstance(paired(place, [CheckResult(check, Verdict.PASS) for check in ("iperf3", "mtu")]), Done)


@pytest.mark.truth(
    "B10", "a check that wants another node runs in pairs by what its file says, and not only two that are known"
)
def test_a_sites_own_paired_check_runs_in_pairs(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checks").mkdir()
    own = "@check(component='network')\ndef test_rdma(peer, limits): pass\n"
    (tmp_path / "checks/rdma.py").write_text(own)
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    ctx = place("a", True)
    burn_in = (*ctx.profile.burn_in, "rdma")
    ctx._profile = replace(ctx.profile, checks={**ctx.profile.checks, "rdma": {}}, burn_in=burn_in)
    assert sorted(burned_in._peer_checks(ctx)) == ["iperf3", "mtu", "rdma"]
