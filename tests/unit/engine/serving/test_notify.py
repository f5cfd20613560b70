"""What systemd hears of the service, and what a reload takes."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from metalctl.engine.pipeline.services import Services
from metalctl.engine.serving import notify as module
from metalctl.engine.serving.service import Service
from metalctl.engine.serving.unit import unit_text
from metalctl.engine.serving.vitals import Part, Vitals
from metalctl.engine.settings import Boot, Settings
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(10)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return listener


def test_systemd_is_told(heard: socket.socket) -> None:
    with heard:
        module.notify("READY=1")
        assert heard.recv(64) == b"READY=1"


def test_without_systemd_nothing_is_told_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    module.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    module.notify("READY=1")


def test_a_listener_that_reads_nothing_holds_nobody_up(heard: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0001)
    with heard:
        for _ in range(1000):  # the kernel queues ten, or some hundreds
            module.notify("WATCHDOG=1")


def test_the_watchdog_is_fed_twice_as_often_as_it_wants(heard: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    now = [1000.0]
    watchdog = module.Watchdog(clock=lambda: now[0])
    with heard:
        for _ in range(120):
            watchdog.beat()
            now[0] += 1.0
        heard.setblocking(False)
        beats = 0
        while True:
            try:
                assert heard.recv(64) == b"WATCHDOG=1"
            except BlockingIOError:
                break
            beats += 1
    assert beats == 4


def all_of(heard: socket.socket) -> list[bytes]:
    heard.setblocking(False)
    found = []
    while True:
        try:
            found.append(heard.recv(200))
        except BlockingIOError:
            return found


def test_what_gets_nowhere_is_not_vouched_for_and_again_when_it_does(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    now, idle = [1000.0], [0.0]
    parts = {"the supervisor": Part(lambda: idle[0], 300.0), "the pages": Part(lambda: 0.0, 1.0)}
    watchdog = module.Watchdog(lambda: Vitals(parts).stuck, lambda: now[0])
    with heard:
        for idle[0] in (0.0, 299.0, 301.0, 302.0, 0.0, 0.0):
            watchdog.beat()
            now[0] += 1.0
        said = all_of(heard)
    beat = b"WATCHDOG=1"
    assert said == [beat, beat, b"STATUS=the supervisor stands still for 301 s", b"STATUS=\n" + beat, beat]


def test_a_reload_is_told_from_its_beginning_to_its_end(
    heard: socket.socket, database: Engine, state: StateDir, tmp_path: Path
) -> None:
    now = Settings(state, tmp_path, Boot("eno1", "10.0.0.1", "10.0.0.0/24"))

    def broken() -> Settings:
        raise UsageError("metalctl.yaml: boot: no such field")

    for read in (lambda: now, broken):
        told: list[str] = []
        service = Service(now, told.append)
        service._services = Services(database, now)
        service._reload()
        service.ask_reload(read)
        service._reload()
        said = all_of(heard)
        assert [line.split(b"\n")[0] for line in said] == [b"RELOADING=1", b"READY=1"]
        assert b"MONOTONIC_USEC=" in said[0]
        assert len(told) == 1
    heard.close()


def test_a_reload_takes_what_may_change_and_keeps_the_boot_network(
    database: Engine, state: StateDir, tmp_path: Path
) -> None:
    told: list[str] = []
    now = Settings(state, tmp_path, Boot("eno1", "10.0.0.1", "10.0.0.0/24", at_once=2), handover=("kolla",))
    service = Service(now, told.append)
    service._services = services = Services(database, now)
    new = replace(now, handover=("ironic",), boot=replace(now.boot, interface="eno2", at_once=1, patience=60.0))
    service.ask_reload(lambda: new)
    service._reload()
    kept = services.settings
    assert (kept.handover, kept.boot.patience, kept.boot.interface) == (("ironic",), 60.0, "eno1")
    assert [services.places.claim(name) for name in "ab"] == [True, False]
    assert any("next start" in line for line in told)


def test_the_unit_names_this_program_and_its_settings() -> None:
    text = unit_text(Path("/etc/metalctl/metalctl.yaml"), standby=True)
    (start,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert start.endswith(" serve --config /etc/metalctl/metalctl.yaml --standby")
    assert "Type=notify" in text
