"""Writers of one SQLite file are served in the order of asking, and none is told that the file is locked."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from metalctl.store import turns
from metalctl.store.database import open_database, sqlite_url
from metalctl.store.turns import Turns, connection_class
from tests.unit.waiting import until

WRITERS = 48


def _write(database: Engine, name: str) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO macs (mac, node) VALUES (:m, 'n')"), {"m": name})
        time.sleep(0.002)  # what is read and written besides


def test_turns_come_in_the_order_of_asking() -> None:
    line, order = Turns(), []
    assert line.take()

    def ask(number: int) -> None:
        assert line.take()
        order.append(number)
        line.give()

    waiting = []
    for number in range(8):
        waiting.append(threading.Thread(target=ask, args=(number,)))
        waiting[-1].start()
        until(lambda asked=number + 1: len(line._queue) == asked)  # type: ignore[misc]
    line.give()
    for one in waiting:
        one.join(10)
    assert order == list(range(8))


def test_who_gave_up_waiting_is_not_waited_for() -> None:
    line = Turns()
    assert line.take()
    assert not line.take(0.01)
    line.give()
    assert line.take(0.01)


def test_many_writers_of_one_file_each_wait_about_as_long_as_the_others(tmp_path: Path) -> None:
    """Without the queue the last of so many is far behind: SQLite's busy handler sleeps up to 100 ms, unfairly."""
    database, took = open_database(sqlite_url(tmp_path / "store.db")), []

    def write(number: int) -> None:
        for round_ in range(4):
            begun = time.perf_counter()
            _write(database, f"{number}.{round_}")
            took.append(time.perf_counter() - begun)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    assert len(took) == 4 * WRITERS
    assert max(took) < 4 * sorted(took)[len(took) // 2]


@pytest.mark.parametrize("statement", ["INSERT INTO t VALUES (1)", "BEGIN IMMEDIATE", "  update t set a = 2"])
def test_a_turn_ends_with_its_transaction_however_that_ends(tmp_path: Path, statement: str) -> None:
    line = Turns()
    made = sqlite3.connect(tmp_path / "t.db", factory=connection_class(line), isolation_level="IMMEDIATE")
    made.cursor().execute("CREATE TABLE t (a)")
    for end in (made.commit, made.rollback):
        made.cursor().execute(statement)
        assert not line.take(0.01)
        end()
        assert line.take(0.01)
        line.give()
    made.cursor().execute(statement)
    made.close()
    assert line.take(0.01)


def test_a_reader_needs_no_turn_and_who_fails_to_begin_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Turns()
    made = sqlite3.connect(tmp_path / "t.db", factory=connection_class(line), isolation_level="IMMEDIATE", timeout=0.01)
    made.cursor().execute("CREATE TABLE t (a)")
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        made.cursor().execute("INSERT INTO t VALUES (1)")
    assert line.take(0.01)
    assert made.cursor().execute("SELECT count(*) FROM t").fetchone() == (0,)
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    with pytest.raises(sqlite3.OperationalError, match="no turn"):
        made.cursor().executemany("INSERT INTO t VALUES (?)", [(1,)])
    made.close()
    other.close()
