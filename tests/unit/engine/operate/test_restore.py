"""A restore that is killed at any moment leaves nothing that could be taken for the state, and can be repeated."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from metalctl.engine import operate
from metalctl.engine.errors import EngineError
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError
from metalctl.store import enrollments
from metalctl.store.database import open_database

CHANGING = ("os.mkdir", "os.rename", "os.rmdir", "os.chmod", "os.chown", "os.remove")


def killed(step: int, made: Path, target: StateDir) -> bool:
    """Restore in a process that kills itself with SIGKILL at that call that changes the file system; whether it did."""
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
        return status != 0
    left = step

    def strike(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        opened = arguments[2] if event == "open" else 0
        if event in CHANGING or (isinstance(opened, int) and opened & (os.O_WRONLY | os.O_RDWR)):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(strike)
        operate.restore(made, target)
    except BaseException:  # noqa: BLE001 - the child must not go on as a second pytest
        os._exit(1)
    os._exit(0)


@pytest.fixture
def made(database: Engine, state: StateDir, enrolled: Callable[..., str], tmp_path: Path) -> Path:
    enrolled("n1")
    state.reports("b1").mkdir(parents=True)
    (state.reports("b1") / "n1.html").write_text("page")
    (state.keys / "signing.pem").write_text("key")
    return operate.backup(state, tmp_path / "b.tar.gz", keys=True).path


def is_whole(state: StateDir) -> bool:
    engine = open_database(state.store_url)
    with engine.connect() as connection:
        found = [e.node for e in enrollments.listing(connection)] == ["n1"]
    engine.dispose()
    pages = (state.reports("b1") / "n1.html").read_text() == "page"
    return found and pages and (state.keys / "signing.pem").read_text() == "key"


@pytest.mark.slow  # a process for each step
@pytest.mark.parametrize("there", [False, True])
def test_a_restore_killed_at_any_step_is_told_and_repeated(there: bool, made: Path, tmp_path: Path) -> None:
    kills = 0
    for step in range(100):
        target = StateDir(tmp_path / f"state-{step}")
        if there:
            (target.path / "keys").mkdir(parents=True)
        if not killed(step, made, target):
            break
        kills += 1
        if target.restoring.exists():
            for ask in (target.create, lambda target=target: target.remembers):
                with pytest.raises(EngineError, match="broken off") as told:
                    ask()
                assert "metalctl restore" in told.value.hint
            assert not target.database.exists(), "half of it was taken for the state"
            operate.restore(made, target)
        elif not target.database.exists():
            operate.restore(made, target)
        assert is_whole(target.create())
        assert not target.restoring.exists()
        shutil.rmtree(target.path)
    assert kills > 8, "it was killed at fewer steps than it has"
    assert is_whole(target)


def test_a_state_directory_that_holds_anything_is_left_alone(made: Path, tmp_path: Path) -> None:
    for name in ("metalctl.log", "keys/signing.pem", "workflows.db"):
        target = StateDir(tmp_path / "other" / name.replace("/", "-"))
        (target.path / name).parent.mkdir(parents=True, exist_ok=True)
        (target.path / name).write_text("theirs")
        with pytest.raises(UsageError, match=name):
            operate.restore(made, target)
        assert [str(p.relative_to(target.path)) for p in target.path.rglob("*") if p.is_file()] == [name]


def test_the_directory_keeps_its_mode(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "other"
    target.mkdir(mode=0o700)
    operate.restore(made, StateDir(target))
    assert target.stat().st_mode & 0o777 == 0o700
    assert (target / "keys").stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in target.rglob("*") if p.is_file()} == {0o600}


def test_two_restores_at_once_do_not_mix(made: Path, tmp_path: Path) -> None:
    target = StateDir(tmp_path / "other")
    from metalctl.engine.operate.restore import _beside

    with _beside(target.restoring), pytest.raises(UsageError, match="another restore"):
        operate.restore(made, target)
    operate.restore(made, target)
    assert is_whole(target)


def test_a_store_on_postgresql_is_not_restored_into_files_that_nobody_reads(made: Path, tmp_path: Path) -> None:
    target = StateDir(tmp_path / "other", "postgresql+psycopg://db/metalctl")
    with pytest.raises(UsageError, match="PostgreSQL"):
        operate.restore(made, target)
    assert not target.path.exists()
