"""Every enrollment that has not ended is walked: begun once, and begun anew when its walk was lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from metalctl.engine.pipeline import supervisor as module
from metalctl.engine.pipeline.supervisor import PATIENCE, Supervisor
from metalctl.engine.topics import node_topic
from metalctl.model.stage import Condition, Stage
from metalctl.store import enrollments, marks


class FakeWalks:
    def __init__(self) -> None:
        self.walked: frozenset[str] = frozenset()
        self.calls: list[str] = []

    def start(self, wanted: Sequence[tuple[str, int]]) -> None:
        self.calls += [f"start {enrollment} {attempt}" for enrollment, attempt in wanted]

    def rescue(self, enrollment: str, attempt: int) -> None:
        self.calls.append(f"rescue {enrollment} {attempt}")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def walks() -> FakeWalks:
    return FakeWalks()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def supervisor(database: Engine, walks: FakeWalks, told: list[str], clock: Clock) -> Supervisor:
    return Supervisor(database, walks, told.append, clock=clock)


def test_an_enrollment_is_begun_once_and_an_ended_one_never(
    supervisor: Supervisor, walks: FakeWalks, database: Engine, enrolled: Callable[..., str], clock: Clock
) -> None:
    first, failed, done = enrolled("n1"), enrolled("n2"), enrolled("n3")
    with database.begin() as connection:
        enrollments.change(connection, failed, condition=Condition.FAILED.value)
        enrollments.change(connection, done, stage=Stage.HANDED_OVER.value, condition=Condition.DONE.value)
    for _ in range(3):
        supervisor.look()
        clock.now += 1
    assert walks.calls == [f"start {first} 1"]


def test_a_walk_that_was_lost_is_begun_anew_and_counted(
    supervisor: Supervisor, walks: FakeWalks, enrolled: Callable[..., str], clock: Clock
) -> None:
    one = enrolled("n1")
    supervisor.look()
    walks.walked = frozenset({one})
    clock.now += 10 * PATIENCE
    supervisor.look()
    walks.walked = frozenset()
    clock.now += 1
    supervisor.look()  # the library may be about to go on with it
    clock.now += PATIENCE + 1
    supervisor.look()
    assert walks.calls == [f"start {one} 1", f"start {one} 1", f"rescue {one} 1"]
    assert supervisor.rescued == 1


def test_a_database_that_cannot_be_read_now_is_read_at_the_next_look(
    supervisor: Supervisor, walks: FakeWalks, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = enrolled("n1")

    def locked(*_: object) -> list[tuple[str, int]]:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    with monkeypatch.context() as broken:
        broken.setattr(module.enrollments, "under_way", locked)
        supervisor.look()
    assert "database is locked" in supervisor.error
    supervisor.look()
    assert (supervisor.error, walks.calls) == ("", [f"start {one} 1"])


def test_thousands_are_begun_some_at_a_time_and_each_once(
    supervisor: Supervisor, walks: FakeWalks, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    made = [enrolled(f"n{n}") for n in range(7)]
    counts = []
    for _ in range(4):
        supervisor.look()
        counts.append(len(walks.calls))
    assert counts == [3, 6, 7, 7]
    assert walks.calls == [f"start {name} 1" for name in made]


def test_a_round_that_failed_is_none(supervisor: Supervisor, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What systemd is told rests on it: a service that can read its store no more is started again."""

    def locked(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    clock.now = 100.0
    supervisor.look()
    assert supervisor.idle == 0.0
    with monkeypatch.context() as broken:
        broken.setattr(enrollments, "under_way", locked)
        clock.now = 160.0
        supervisor.look()
        assert supervisor.idle == 60.0
    supervisor.look()
    assert supervisor.idle == 0.0


def test_while_the_library_gets_on_with_others_nobody_is_lost_but_not_for_ever(
    supervisor: Supervisor, walks: FakeWalks, enrolled: Callable[..., str], clock: Clock
) -> None:
    """A restart with a thousand nodes on a busy machine: to cancel who waits for its turn would make it worse."""
    made = [enrolled(f"n{n}") for n in range(40)]
    supervisor.look()
    for number in range(1, 30):
        clock.now += PATIENCE - 1
        walks.walked = frozenset(made[:number])
        supervisor.look()
        if clock.now <= module.LONGEST:
            assert supervisor.rescued == 0
    assert f"rescue {made[-1]} 1" in walks.calls
    assert f"rescue {made[0]} 1" not in walks.calls


def test_what_an_operator_did_is_told_by_the_service_that_walks_the_node(database: Engine, walks: FakeWalks) -> None:
    """Several services have one store: who looks first must not take the word of another's node away."""
    told: dict[str, list[str]] = {"a": [], "b": []}
    with database.begin() as connection:
        batch = enrollments.new_batch(connection, {})
        mine = {s: enrollments.new(connection, f"n-{s}", batch, "lab/compute", s) for s in told}
        for enrollment in mine.values():
            marks.signal(connection, enrollment)
    for service in told:
        Supervisor(database, walks, told[service].append, service).look()
    assert told == {service: [node_topic(enrollment)] for service, enrollment in mine.items()}
