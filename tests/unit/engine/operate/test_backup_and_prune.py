"""What metalctl remembers can be put into a file and back, and what ended long ago can go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from metalctl.engine import operate
from metalctl.engine.errors import EngineError
from metalctl.engine.pipeline.directory import StoreDirectory
from metalctl.engine.reach import access
from metalctl.engine.state import StateDir
from metalctl.model.errors import UsageError
from metalctl.model.identity import Identity
from metalctl.model.stage import Condition, Stage
from metalctl.store import audit, boots, enrollments, nodes
from metalctl.store.database import open_database


def fail(database: Engine, enrollment: str, at: str = "2020-01-01T00:00:00+00:00") -> None:
    with database.begin() as connection:
        enrollments.change(connection, enrollment, stage=Stage.MATCHED.value, condition=Condition.FAILED.value)
        connection.exec_driver_sql("UPDATE enrollments SET updated = ? WHERE id = ?", (at, enrollment))


@pytest.mark.parametrize("keys", [False, True])
def test_a_backup_becomes_the_same_store_and_holds_keys_only_on_request(
    keys: bool, database: Engine, state: StateDir, enrolled: Callable[..., str], tmp_path: Path
) -> None:
    enrollment = enrolled()
    access.client_key(state, enrollment)
    (state.reports("b1")).mkdir(parents=True)
    (state.reports("b1") / "n1.html").write_text("page")
    made = operate.backup(state, tmp_path / "b.tar.gz", keys=keys)
    assert made.has_keys is keys
    assert made.path.stat().st_mode & 0o777 == 0o600
    other = StateDir(tmp_path / "other")
    operate.restore(made.path, other)
    again = open_database(other.store_url)
    with again.connect() as connection:
        assert enrollments.get(connection, enrollment).node == "n1"
    again.dispose()
    assert (other.reports("b1") / "n1.html").read_text() == "page"
    assert access.has_key(other, enrollment) is keys
    assert other.database.stat().st_mode & 0o777 == 0o600


def test_a_backup_under_writes_is_whole(
    database: Engine, state: StateDir, enrolled: Callable[..., str], tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with database.begin() as connection:
                # Two rows in one transaction: a copy of half of it would have one of them.
                audit.record(connection, f"a{number}", "x")
                audit.record(connection, f"b{number}", "x")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = operate.backup(state, tmp_path / "b.tar.gz", keys=False)
    finally:
        stop.set()
        writer.join()
    operate.restore(made.path, StateDir(tmp_path / "other"))
    again = open_database(StateDir(tmp_path / "other").store_url)
    with again.connect() as connection:
        nodes = {row[0] for row in connection.exec_driver_sql("SELECT node FROM audit")}
    again.dispose()
    assert {n[1:] for n in nodes if n[0] == "a"} == {n[1:] for n in nodes if n[0] == "b"}


def test_a_damaged_backup_is_refused_before_anything_is_written(
    database: Engine, state: StateDir, tmp_path: Path
) -> None:
    whole = operate.backup(state, tmp_path / "b.tar.gz", keys=False).path.read_bytes()
    for name, data in (("cut", whole[: len(whole) // 2]), ("text", b"not a backup")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(EngineError, match="cannot be read as a backup"):
            operate.restore(tmp_path / name, StateDir(tmp_path / "other"))
        assert not (tmp_path / "other").exists()


def test_nothing_is_overwritten(database: Engine, state: StateDir, tmp_path: Path) -> None:
    made = operate.backup(state, tmp_path / "b.tar.gz", keys=False)
    with pytest.raises(UsageError, match="exists"):
        operate.backup(state, made.path, keys=False)
    with pytest.raises(UsageError, match="holds state already"):
        operate.restore(made.path, state)


def test_what_ended_long_ago_goes_and_the_newest_of_each_node_stays(
    database: Engine, state: StateDir, enrolled: Callable[..., str]
) -> None:
    old, recent, newest = enrolled("n1"), enrolled("n1"), enrolled("n1")
    only = enrolled("n2")
    for enrollment in (old, newest, only):
        fail(database, enrollment)
    fail(database, recent, "2999-01-01T00:00:00+00:00")
    with database.connect() as connection:
        batch = enrollments.get(connection, old).batch
    state.reports(batch).mkdir(parents=True)
    assert operate.prune(database, state, 30, "ann", dry=True).enrollments == 1
    done = operate.prune(database, state, 30, "ann")
    assert (done.enrollments, done.batches) == (1, (batch,))
    assert not state.reports(batch).exists()
    with database.connect() as connection:
        assert {e.id for e in enrollments.listing(connection)} == {recent, newest, only}
    assert operate.prune(database, state, 30, "ann").enrollments == 0
    with pytest.raises(UsageError):
        operate.prune(database, state, 0.5, "ann")


def test_a_backup_while_pages_are_written_and_pruned_can_be_restored(
    database: Engine, state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = state.reports("b1")
    folder.mkdir(parents=True)
    for name in ("changed.html", "pruned.html"):
        (folder / name).write_text("before")
    real = Path.read_bytes

    def meanwhile(path: Path) -> bytes:
        data = real(path)
        if path.name == "changed.html":
            path.write_text("after")
            (folder / "pruned.html").unlink(missing_ok=True)
        return data

    monkeypatch.setattr(Path, "read_bytes", meanwhile)
    made = operate.backup(state, tmp_path / "b.tar.gz", keys=False)
    monkeypatch.undo()
    other = StateDir(tmp_path / "other")
    operate.restore(made.path, other)
    assert [p.name for p in other.reports("b1").iterdir()] == ["changed.html"]


def test_thousands_are_pruned_before_others_give_up_waiting_for_the_store(
    database: Engine, state: StateDir, enrolled: Callable[..., str]
) -> None:
    """The store is locked meanwhile, and half a minute is all that anybody waits."""
    first = enrolled("n1")
    with database.begin() as connection:
        copied = "SELECT 'n1-' || value, node, batch, profile, 'matched', 'failed', why, 1, '', created, '2020', value"
        columns = "id, node, batch, profile, stage, condition, why, attempt, fault, created, updated, number"
        numbers = "(WITH RECURSIVE n(value) AS (SELECT -4000 UNION ALL SELECT value + 1 FROM n WHERE value < 0)"
        connection.exec_driver_sql(
            f"INSERT INTO enrollments ({columns}, profile_digest) {copied}, '' FROM enrollments, "
            f"{numbers} SELECT value FROM n) WHERE enrollments.id = ?",
            (first,),
        )
    begun = time.process_time()
    assert operate.prune(database, state, 30, "ann", dry=True).enrollments == 4001
    assert time.process_time() - begun < 3


def test_a_pruned_enrollment_says_no_more_what_its_node_boots(
    database: Engine, state: StateDir, enrolled: Callable[..., str]
) -> None:
    old, newest = enrolled("n1"), enrolled("n1")
    with database.begin() as connection:
        nodes.set_identity(connection, "n1", Identity("S1", macs=("52:54:00:00:00:01",)))
        boots.set_intent(connection, "n1", old, "ramdisk")
    for enrollment in (old, newest):
        fail(database, enrollment)
    operate.prune(database, state, 30, "ann")
    assert StoreDirectory(database, state).intent(["52:54:00:00:00:01"], "") is None
