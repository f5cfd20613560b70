"""Promises of the engine for a fleet (issue 9) of which no other test holds the line that keeps them."""

from __future__ import annotations

import resource
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from metalctl.engine.durability import durable
from metalctl.engine.evidence import coverage, reporting
from metalctl.engine.evidence.reporter import Reporter
from metalctl.engine.pipeline import check_runs
from metalctl.engine.pipeline import tick as tick_module
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Wait
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.spine import StageSpec
from metalctl.engine.pipeline.tick import Ticker
from metalctl.engine.pipeline.walker import Fault
from metalctl.engine.reach import runs
from metalctl.engine.serving import service
from metalctl.engine.serving.service import Service
from metalctl.engine.settings import Settings
from metalctl.engine.state import StateDir
from metalctl.model.boot import PhoneHome
from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.measurement import CheckResult
from metalctl.model.run import RunSpec
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import boots, enrollments, evidence, marks, nodes, records
from metalctl.store.evidence import RunRow
from metalctl.store.marks import Mark
from tests.unit.engine.contexts import context_at


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage `matched` that only waits."""
    spec = StageSpec(Stage.MATCHED, lambda _: Wait(1, "w"), 1e6)
    monkeypatch.setattr(tick_module, "BY_STAGE", {Stage.MATCHED: spec})


@pytest.fixture
def idle(state: StateDir, settings: Settings) -> Any:
    """A service that was not started, whose parts are stubs that write down what is asked of them."""
    found: Any = Service(settings, print)
    found.asked = []

    def part(name: str, *verbs: str, **others: Any) -> SimpleNamespace:
        said = {verb: lambda v=verb: found.asked.append(f"{name}.{v}") for verb in verbs}
        return SimpleNamespace(**said, **others)

    found._durable, found._boot = part("workflows", "stop"), part("boot", "stop")
    found._walker = part("ticks", "close", faults={}, longest=("", 0.0))
    found._lock, found._services = part("lock", "release"), part("connections", "close")
    found._supervisor, found._vitals = SimpleNamespace(error=""), SimpleNamespace(stuck="")
    return found


@pytest.fixture
def settings(services: Services) -> Settings:
    return services.settings


def test_a_check_that_a_finished_run_says_nothing_of_is_added_to_it_as_unknown(
    services: Services, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """5: the controller forms the verdict itself; what was counted is of no use where nobody counts."""
    identifier = enrolled()
    disks = (Disk("sda", "ssd", 10**12, serial="S-1"), Disk("sdb", "ssd", 10**12, serial="S-2"))
    with services.database.begin() as connection:
        boots.add_boot(connection, identifier, PhoneHome(token="t", node="n1", kind="ramdisk", boot_id="b1"))
        inventory = Inventory("in-band", Identity("S"), disks=disks)
        evidence.add_inventory(connection, "n1", identifier, "in-band", inventory)
        evidence.save_run(connection, RunRow("r1", identifier, "burn-in", "quick", "b1"))
        found, node = enrollments.get(connection, identifier), nodes.get(connection, "n1")
    ctx = context_at(services, found, node, Stage.BURNED_IN)

    def tail(_: object, row: RunRow) -> None:
        row.state, row.final = "finished", {"event": "run-finished", "verdict": "PASS"}
        row.results = [CheckResult("read", Verdict.PASS, disks[0].label)]

    monkeypatch.setattr(runs, "tail", tail)
    monkeypatch.setattr(coverage, "_arguments", lambda _: {"read": ("ssd",)})
    for name, value in (("remote", lambda *_: object()), ("bundle", ("b", b""))):
        monkeypatch.setattr(Context, name, value)
    monkeypatch.setattr(services.news, "nothing_new", lambda *_: False)
    asked = RunSpec("r1", "n1", "burn-in", "quick", {"read": {}}, boot_id="b1")
    row = check_runs.follow(ctx, "r1", lambda: asked, "ramdisk", "burn-in")
    assert [(r.part, r.verdict) for r in row.results[1:]] == [(disks[1].label, Verdict.UNKNOWN)]


def test_no_number_of_restarts_makes_the_library_give_a_walk_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """3: each start of the service counts as a recovery, and by default the 102nd is the last."""
    asked: dict[str, Any] = {}

    def workflow(**options: Any) -> Callable[[Any], Any]:
        asked.update(options)
        return lambda function: function

    monkeypatch.setattr("metalctl.engine.durability.durable.DBOS.workflow", workflow)
    durable._register(lambda _: None, set())  # type: ignore[arg-type, return-value]
    assert asked["max_recovery_attempts"] is None


def test_the_service_takes_as_many_descriptors_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """3: a thousand nodes are a few thousand files and sockets."""
    taken: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 65536))
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: taken.append((which, limits)))
    service._raise_descriptor_limit()
    assert taken == [(resource.RLIMIT_NOFILE, (65536, 65536))]


def test_nodes_that_stand_still_are_told_by_the_service(idle: Any) -> None:
    """3: healthz tells."""
    assert idle.error == ""
    idle._walker.faults = {"n1-a": Fault(3, "OperationalError: database is locked")}
    assert "1 nodes stand still, n1-a for one: OperationalError: database is locked" in idle.error


def test_the_lock_is_given_back_when_no_tick_runs_any_more(idle: Any) -> None:
    """10: a tick that outlives the lock acts beside the next service's."""
    idle.close()
    assert idle.asked[-1] == "lock.release"
    assert {"ticks.close", "workflows.stop", "boot.stop"} <= set(idle.asked)


def test_the_time_in_which_the_service_was_away_is_not_the_nodes(
    services: Services, enrolled: Callable[..., str], waiting: None
) -> None:
    """7: the service may be away for hours at any point."""
    enrollment = enrolled()
    for started in (0.0, 1e5):
        moments = iter([started, started + 5])
        ticker = Ticker(services, lambda m=moments: next(m))  # type: ignore[misc]
        for _ in range(2):
            ticker(enrollment, "matched")
    with services.database.connect() as connection:
        row = records.stage(connection, enrollment, Stage.MATCHED)
    assert row is not None
    assert row.elapsed == 10.0


def test_a_node_that_an_operator_stops_gives_its_place_to_the_next(
    services: Services, enrolled: Callable[..., str], waiting: None
) -> None:
    """4: a place is a lease that ends with its holder."""
    enrollment = enrolled()
    services.places.resize(1)
    assert services.places.claim(enrollment)
    with services.database.begin() as connection:
        marks.put(connection, Mark("n1", "held", "ann", "fan", "2026-01-01T00:00:00+00:00"))
    Ticker(services)(enrollment, "matched")
    assert services.places.claim("another")


def test_the_pages_of_an_end_are_written_once(
    database: Engine, state: StateDir, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """11: evidence is written once, and anew only for the end of another attempt."""
    enrollment = enrolled()
    written: list[str] = []
    monkeypatch.setattr(reporting, "write_node", lambda _, __, which: written.append(which))
    monkeypatch.setattr(reporting, "write_batch", lambda *_: None)
    with database.begin() as connection:
        enrollments.change(connection, enrollment, condition=Condition.FAILED.value)
    for _ in range(2):
        Reporter(database, state, print).look()
    assert written == [enrollment]
    with database.begin() as connection:
        enrollments.change(connection, enrollment, attempt=2)
    Reporter(database, state, print).look()
    assert written == [enrollment] * 2


def test_the_newest_enrollment_is_the_one_that_came_last_although_the_clock_was_set_back(
    database: Engine, enrolled: Callable[..., str]
) -> None:
    """9: order by sequence, never by wall clock."""
    first, last = enrolled(), enrolled()
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE enrollments SET created = '2099', updated = '2099' WHERE id = ?", (first,))
        assert enrollments.latest(connection, "n1").id == last
        assert [e.id for e in enrollments.newest(connection)] == [last]


def test_a_node_that_fails_while_it_boots_gives_its_place_to_the_next(
    services: Services, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """4: 72 nodes that failed while booting kept every place."""
    enrollment = enrolled()
    services.places.resize(1)
    assert services.places.claim(enrollment)
    monkeypatch.setattr(tick_module, "BY_STAGE", {Stage.MATCHED: StageSpec(Stage.MATCHED, lambda _: Wait(1, "w"), -1)})
    assert Ticker(services)(enrollment, "matched").ended
    assert services.places.claim("another")


def test_the_same_sighting_of_a_machine_that_shouts_is_one_row(database: Engine) -> None:
    """8: sightings are rate-limited."""
    with database.begin() as connection:
        for what in ("asked", "asked", "asked", "boot script"):
            boots.add_sighting(connection, "52:54:00:00:00:01", what)
        assert connection.exec_driver_sql("SELECT count(*) FROM sightings").scalar() == 2
