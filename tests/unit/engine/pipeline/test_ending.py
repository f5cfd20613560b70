"""A cancelled node comes to its end, whatever the node or the store does meanwhile, and what is left is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from metalctl.engine import operate
from metalctl.engine.errors import RemoteError
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.tick import Ticker
from metalctl.engine.reach.remote import Output
from metalctl.model.boot import PhoneHome
from metalctl.model.codec import encode
from metalctl.model.dossier import Installation
from metalctl.model.stage import Condition
from metalctl.store import audit, boots, enrollments, epochs, evidence, marks, records
from metalctl.store.errors import Fenced
from metalctl.store.evidence import RunRow

WRITTEN = Installation(
    disk_serial="NV1", os="debian", version="13", image_sha256="ab", bytes_written=1, verified=True, count=1
)


class Node:
    """What SSH to the node answers. journal: of the installation; gone: nobody answers."""

    def __init__(self) -> None:
        self.journal, self.gone = b"", False
        self.commands: list[tuple[str, ...]] = []

    def run(self, *command: str, timeout: float = 60.0) -> Output:
        self.commands.append(command)
        if self.gone:
            raise RemoteError("no route to host")
        return Output(0, "active\n", "")

    def read_from(self, _path: str, offset: int) -> bytes:
        if self.gone:
            raise RemoteError("no route to host")
        return self.journal[offset:]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 60.0
        return self.now


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    found = Node()
    monkeypatch.setattr(Context, "remote", lambda *_: found)
    return found


@pytest.fixture
def ticker(services: Services) -> Ticker:
    return Ticker(services, Clock())


@pytest.fixture
def cancelled(database: Engine, enrolled: Callable[..., str]) -> Callable[[str], str]:
    """A node in whose ramdisk a run of that kind is under way, and which is cancelled."""

    def make(kind: str) -> str:
        enrollment = enrolled()
        with database.begin() as connection:
            report = PhoneHome(token="", node="n1", kind="ramdisk", boot_id="b1", address="10.0.0.5")
            boots.add_boot(connection, enrollment, report)
            evidence.save_run(connection, RunRow(f"{enrollment}-{kind}-1", enrollment, kind, "", "b1"))
        operate.cancel(database, "n1", "ann", "wrong rack")
        return enrollment

    return make


def state(database: Engine, enrollment: str) -> tuple[Condition, str, set[str]]:
    with database.connect() as connection:
        found = enrollments.get(connection, enrollment)
        return found.condition, found.fault, set(marks.of_node(connection, "n1"))


def told(database: Engine, enrollment: str) -> str:
    with database.connect() as connection:
        return " ".join(str(f["remedy"]) for f in records.findings(connection, [enrollment])[enrollment])


def entry(seq: int, event: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"seq": seq, "time": "t", "boot_id": "b1", "event": event, "data": data}).encode() + b"\n"


def test_a_run_of_checks_is_stopped_and_the_end_is_the_operators(
    database: Engine, ticker: Ticker, node: Node, cancelled: Callable[[str], str]
) -> None:
    enrollment = cancelled("burn-in")
    assert ticker(enrollment, "burned-in").ended
    assert [c[:2] for c in node.commands] == [("systemctl", "stop")]
    assert state(database, enrollment) == (Condition.FAILED, "operator", set())
    assert "nothing was installed" in told(database, enrollment)
    with database.connect() as connection:
        assert [line["action"] for line in audit.of_node(connection, "n1")] == ["cancelled"] * 2


def test_an_image_that_is_being_written_is_written_to_its_end_first_and_what_is_left_is_told(
    database: Engine, ticker: Ticker, node: Node, cancelled: Callable[[str], str]
) -> None:
    enrollment = cancelled("install")
    node.journal = entry(0, "progress", {"what": "writing", "done": 1, "total": 2})
    for _ in range(3):
        assert not ticker(enrollment, "installed").ended
    assert state(database, enrollment)[2] == {"cancelled"}
    assert not [c for c in node.commands if c[:2] == ("systemctl", "stop")]
    node.journal += entry(1, "run-finished", {"installation": encode(WRITTEN)})
    assert ticker(enrollment, "installed").ended
    assert "NV1 holds debian 13, installed and not accepted" in told(database, enrollment)


def test_a_node_that_cannot_be_asked_is_not_waited_for_for_ever(
    database: Engine, ticker: Ticker, node: Node, cancelled: Callable[[str], str]
) -> None:
    enrollment = cancelled("install")
    node.gone = True
    ticks = 1
    while not ticker(enrollment, "installed").ended:
        ticks += 1
        assert ticks < 40
    assert ticks > 25, "half an hour, a minute a tick"
    assert "a part of an image" in told(database, enrollment)


@pytest.mark.parametrize("journal", [b"\x00\x00\xff\n", b'{"seq": 0}\n', b"[]\n", b"\n"])
def test_a_journal_that_cannot_be_read_keeps_no_node_from_its_end(
    journal: bytes, database: Engine, ticker: Ticker, node: Node, cancelled: Callable[[str], str]
) -> None:
    enrollment = cancelled("install")
    node.journal = journal
    assert ticker(enrollment, "installed").ended
    assert state(database, enrollment) == (Condition.FAILED, "operator", set())


def test_a_store_that_fails_while_the_end_is_written_forgets_no_cancel(
    database: Engine,
    ticker: Ticker,
    node: Node,
    cancelled: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enrollment = cancelled("burn-in")
    real = enrollments.advance

    def locked(connection: Any, read: Any, **values: Any) -> None:
        if values.get("condition") == "failed":
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        real(connection, read, **values)

    monkeypatch.setattr(enrollments, "advance", locked)
    with pytest.raises(OperationalError):
        ticker(enrollment, "burned-in")
    assert state(database, enrollment)[2] == {"cancelled"}
    monkeypatch.setattr(enrollments, "advance", real)
    assert ticker(enrollment, "burned-in").ended
    assert state(database, enrollment) == (Condition.FAILED, "operator", set())


def test_what_is_left_is_what_the_last_attempt_left_although_the_clock_was_set_back(
    database: Engine, ticker: Ticker, node: Node, cancelled: Callable[[str], str]
) -> None:
    enrollment = cancelled("burn-in")
    ended = {"event": "run-finished", "installation": encode(WRITTEN)}
    rows = [(9, "2026-12-01T12:00", ended), (10, "2026-12-01T09:00", None)]
    with database.begin() as connection:
        for attempt, started, final in rows:
            name = f"{enrollment}-installed-{attempt}"
            row = RunRow(name, enrollment, "install", "", "b1", "lost" if final is None else "finished")
            row.started, row.final = started, final
            evidence.save_run(connection, row)
    assert ticker(enrollment, "installed").ended
    assert "a part of an image" in told(database, enrollment)


def test_a_service_that_was_replaced_stops_nothing(
    database: Engine, services: Services, ticker: Ticker, node: Node, cancelled: Callable[[str], str]
) -> None:
    enrollment = cancelled("burn-in")
    with database.begin() as connection:
        services.epoch = epochs.begin(connection, services.name, "old")
    with database.begin() as connection:
        epochs.begin(connection, services.name, "new")
    with pytest.raises(Fenced):
        ticker(enrollment, "burned-in")
    assert node.commands == []
