"""The service: what it refuses before it begins, what it gives back when it cannot, and what does not stop it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from metalctl.boot.errors import PortTaken
from metalctl.cli import _enroll
from metalctl.cli._options import Home
from metalctl.engine.durability.lock import ServiceLock
from metalctl.engine.errors import EngineError
from metalctl.engine.evidence.reporter import Reporter
from metalctl.engine.operate import submit
from metalctl.engine.pipeline import overview
from metalctl.engine.serving import artifacts, service
from metalctl.engine.serving.service import Service
from metalctl.engine.settings import Boot, Settings
from metalctl.engine.state import StateDir
from metalctl.model.stage import Condition, Stage
from metalctl.store import enrollments

WISH = _enroll.Wish(("x.csv",), "quick", False, False, False, True, Home(None, None))
BOOT = Boot(interface="lo", address="127.0.0.1", network="127.0.0.0/8", dhcp="off", http_port=0)


@pytest.fixture
def settings(state: StateDir, tmp_path: Path) -> Settings:
    return Settings(state, tmp_path / "cache", BOOT)


@pytest.fixture(autouse=True)
def nothing_to_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "prepare", lambda *_: artifacts.Served())


def failed(database: Engine, enrollment: str) -> None:
    with database.begin() as connection:
        state = {"stage": Stage.MATCHED.value, "condition": Condition.FAILED.value, "fault": "hardware"}
        enrollments.change(connection, enrollment, **state)


def test_a_taken_port_is_told_before_images_are_built(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    built: list[str] = []
    monkeypatch.setattr(artifacts, "prepare", lambda *_: built.append("built") or artifacts.Served())
    with socket.create_server(("127.0.0.1", 0)) as other:
        boot = Boot("lo", "127.0.0.1", "127.0.0.0/8", "off", http_port=other.getsockname()[1])
        with pytest.raises(PortTaken):
            Service(Settings(settings.state, settings.cache, boot), print).start()
    assert built == []
    assert not ServiceLock(settings.state).held_elsewhere


def test_when_the_workflows_cannot_start_the_boot_service_ends_and_the_lock_is_free(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: Any, **__: Any) -> None:
        raise EngineError("the workflow database is damaged")

    monkeypatch.setattr(service, "Durable", no)
    starting = Service(settings, print)
    with pytest.raises(EngineError, match="damaged"):
        starting.start()
    assert not starting._boot.alive
    assert not ServiceLock(settings.state).held_elsewhere


def test_a_report_that_cannot_be_written_does_not_stop_the_other_nodes(
    settings: Settings, database: Engine, enrolled: Callable[..., str]
) -> None:
    """A profile that was renamed after the enrollment: the dossier of that node cannot be made any more."""
    gone, good = enrolled("n1", profile="was-renamed"), enrolled("n2")
    for enrollment in (gone, good):
        failed(database, enrollment)
    told: list[str] = []
    reporter = Reporter(database, settings.state, told.append)
    reporter.look()
    with database.connect() as connection:
        batch = enrollments.get(connection, good).batch
    assert (settings.state.reports(batch) / "n2.html").exists()
    assert any("n1" in line for line in told)
    told.clear()
    reporter.look()
    assert told == []


def test_a_database_that_cannot_be_asked_for_reports_does_not_end_the_service(
    settings: Settings, database: Engine, enrolled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool that is used up, a server that restarts: the loop of the service calls this."""
    failed(database, enrolled("n1", profile="lab/compute"))
    reporter = Reporter(database, settings.state, lambda line: None)

    def gone(*_: object) -> list[object]:
        raise PoolTimeout("QueuePool limit reached")

    with monkeypatch.context() as broken:
        broken.setattr("metalctl.engine.evidence.reporter.enrollments.unreported", gone)
        reporter.look()
    assert "QueuePool" in reporter.error
    reporter.look()
    assert reporter.error == ""
    with database.connect() as connection:
        assert enrollments.unreported(connection) == []


def test_a_node_that_came_to_no_end_is_not_accepted(database: Engine, enrolled: Callable[..., str]) -> None:
    enrolled("n1")
    assert overview.exit_code(overview.standings(database)) == 3


class Dying:
    """A service that comes up and then fails."""

    def __init__(self, *_: Any) -> None:
        self.calls: list[str] = []

    def start(self) -> None: ...

    def run(self, batch: str) -> None:
        raise EngineError("the disk is full")

    def stop(self) -> None: ...

    def close(self) -> None: ...


def test_a_service_that_dies_under_its_batch_is_an_error_and_never_exit_0(
    settings: Settings, database: Engine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_USERNAME", "u")
    monkeypatch.setenv("LAB_PASSWORD", "p")
    monkeypatch.setattr(_enroll, "Service", Dying)
    row = submit.Row("n1", "https://127.0.0.9", "env:LAB", "lab/compute")
    with pytest.raises(EngineError, match="disk is full"):
        _enroll._serve(WISH, database, [row], settings)
    assert "Traceback" not in capfd.readouterr().err


class Waiting(Dying):
    """A service that serves until it is stopped, and is sent a signal meanwhile."""

    number = signal.SIGTERM
    closed = False

    def __init__(self, *_: Any) -> None:
        self.stopped = threading.Event()

    def run(self, batch: str) -> None:
        os.kill(os.getpid(), self.number)
        assert self.stopped.wait(60)

    def stop(self) -> None:
        self.stopped.set()

    def close(self) -> None:
        Waiting.closed = True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_command_with_its_service_closed(
    number: signal.Signals, settings: Settings, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_USERNAME", "u")
    monkeypatch.setenv("LAB_PASSWORD", "p")
    monkeypatch.setattr(_enroll, "Service", Waiting)
    monkeypatch.setattr(Waiting, "number", number)
    monkeypatch.setattr(Waiting, "closed", False)
    # A shell's background job ignores SIGINT, one under nohup SIGHUP, and all that they start inherits that.
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    inherited = signal.signal(number, usual)
    before = signal.getsignal(number)
    row = submit.Row("n1", "https://127.0.0.9", "env:LAB", "lab/compute")
    try:
        with pytest.raises(KeyboardInterrupt):
            _enroll._serve(WISH, database, [row], settings)
        assert Waiting.closed
        assert signal.getsignal(number) is before
    finally:
        signal.signal(number, inherited)


class Serving(Waiting):
    """A service that serves until it is stopped."""

    heard = False

    def run(self, batch: str) -> None:
        Serving.heard = self.stopped.wait(60)


class Struck(ThreadPoolExecutor):
    """A pool whose thread was started just when the signal came."""

    def submit(self, *work: Any, **more: Any) -> Future[Any]:
        super().submit(*work, **more)
        raise KeyboardInterrupt


def test_a_signal_while_the_service_begins_to_walk_stops_it_too(
    settings: Settings, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_USERNAME", "u")
    monkeypatch.setenv("LAB_PASSWORD", "p")
    monkeypatch.setattr(_enroll, "Service", Serving)
    monkeypatch.setattr(_enroll, "ThreadPoolExecutor", Struck)
    monkeypatch.setattr(Waiting, "closed", False)
    row = submit.Row("n1", "https://127.0.0.9", "env:LAB", "lab/compute")
    with pytest.raises(KeyboardInterrupt):
        _enroll._serve(WISH, database, [row], settings)
    assert Serving.heard
    assert Waiting.closed
