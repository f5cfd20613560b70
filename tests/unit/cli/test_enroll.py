"""`metalctl enroll` with bad input: a clear message, the right exit code, and nothing half-done."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from metalctl.cli.main import run
from metalctl.engine.durability.lock import ServiceLock
from metalctl.engine.state import StateDir
from metalctl.store import enrollments, nodes
from metalctl.store.database import open_database, sqlite_url


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps({"rack": {"username": "admin", "password": "hunter2-not-shown"}}))
    secrets.chmod(0o600)
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def csv(tmp_path: Path, *rows: str, header: str = "name,bmc,credential,profile") -> str:
    path = tmp_path / "nodes.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return str(path)


def row(name: str, number: int, profile: str = "lab/compute") -> str:
    return f"{name},https://127.0.0.{number},file:secrets.json#rack,{profile}"


def remembered(tmp_path: Path) -> tuple[int, int]:
    """(nodes, enrollments) in the database."""
    database = open_database(sqlite_url(StateDir(tmp_path / "state").create().database))
    with database.connect() as connection:
        found = len(nodes.listing(connection)), len(enrollments.listing(connection))
    database.dispose()
    return found


def test_every_bad_row_is_named_with_line_and_column_and_none_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("a", 2), row("b", 2), "c,https://127.0.0.999,file:secrets.json#rack,lab/compute"]
    assert run(["enroll", csv(tmp_path, *rows)]) == 2
    text = capsys.readouterr().err
    assert "nodes.csv:3:" in text
    assert "nodes.csv:4:" in text
    assert "nodes.csv:2:" not in text
    assert remembered(tmp_path) == (0, 0)


def test_a_wrong_column_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["enroll", csv(tmp_path, "a,https://127.0.0.2,x,y", header="name,bmc,credentials,profile")]) == 2
    assert "credentials" in capsys.readouterr().err


def test_a_profile_that_is_not_there_is_told_before_the_service_comes_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["enroll", csv(tmp_path, row("a", 2, "lab/compot"))]) == 2
    told = capsys.readouterr().err
    assert "nodes.csv:2" in told
    assert "boot.interface" not in told


def test_a_retry_of_an_unknown_node_is_told_before_the_service_comes_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["enroll", "--retry", "r7n03"]) == 2
    assert "r7n03" in capsys.readouterr().err


def test_settings_that_are_no_text_are_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "metalctl.yaml").write_bytes(b"\xff\xfe\x00b")
    assert run(["serve", "--config", "metalctl.yaml"]) == 2
    assert "metalctl.yaml" in capsys.readouterr().err


def test_without_a_boot_network_it_says_how_to_set_one_up_and_enrolls_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["enroll", csv(tmp_path, row("a", 2))]) == 3
    assert "boot.interface" in capsys.readouterr().err
    assert remembered(tmp_path) == (0, 0)


def test_queued_to_a_running_service_an_unknown_profile_keeps_all_rows_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ServiceLock(StateDir(tmp_path / "state").create())
    service.acquire()
    try:
        assert run(["enroll", csv(tmp_path, row("a", 2), row("b", 3, "lab/compoot")), "--detach"]) == 2
        assert "lab/compute" in capsys.readouterr().err
        assert remembered(tmp_path) == (0, 0)
        assert run(["enroll", csv(tmp_path, row("a", 2), row("b", 3)), "--detach"]) == 0
        assert remembered(tmp_path) == (2, 2)
    finally:
        service.release()


def test_detached_without_a_service_is_an_error_that_says_what_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["enroll", csv(tmp_path, row("a", 2)), "--detach"]) == 3
    assert "metalctl serve" in capsys.readouterr().err
    assert remembered(tmp_path) == (0, 0)


def test_a_settings_file_with_an_unknown_field_is_named_with_the_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "m.yaml"
    settings.write_text("boot: {interfase: eth0}\n")
    assert run(["enroll", csv(tmp_path, row("a", 2)), "--config", str(settings)]) == 2
    text = capsys.readouterr().err
    assert "interfase" in text
    assert "m.yaml" in text


def test_no_password_is_in_what_is_remembered_or_logged(tmp_path: Path) -> None:
    service = ServiceLock(StateDir(tmp_path / "state").create())
    service.acquire()
    try:
        assert run(["enroll", csv(tmp_path, row("a", 2)), "--detach"]) == 0
    finally:
        service.release()
    for path in (p for p in (tmp_path / "state").rglob("*") if p.is_file()):
        assert b"hunter2-not-shown" not in path.read_bytes(), path
