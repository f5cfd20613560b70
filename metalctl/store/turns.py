"""Writers of one SQLite file queue in this process: first come, first served.

SQLite has one writer at a time, and who finds it busy sleeps and tries again: among a hundred threads somebody loses
that race for half a minute and is told that the database is locked. A queue costs nothing and forgets nobody. Other
processes (the command line) still take their chance at SQLite's own lock.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from typing import Any

# Seconds to wait for one's turn; as long as SQLite itself is told to wait for other processes.
PATIENCE = 30.0
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLAC", "BEGIN ")


class Turns:
    """A lock that is handed on in the order of asking."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._queue: deque[threading.Event] = deque()

    def take(self, patience: float | None = None) -> bool:
        """Wait for one's turn; False when it did not come."""
        mine = threading.Event()
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            self._queue.append(mine)
        if mine.wait(PATIENCE if patience is None else patience):
            return True
        with self._lock:
            if mine.is_set():  # between the end of the wait and now
                return True
            self._queue.remove(mine)
        return False

    def give(self) -> None:
        """The next one's turn."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._taken = False


def connection_class(turns: Turns) -> type[sqlite3.Connection]:
    """A connection whose transactions that write begin when it is their turn: for `sqlite3.connect(factory=…)`."""

    class Queued(sqlite3.Connection):
        _has_turn = False

        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(_Cursor)

        def begin_turn(self, statement: str) -> None:
            if self._has_turn or self.in_transaction or statement.lstrip()[:6].upper() not in _WRITES:
                return
            if not turns.take():
                raise sqlite3.OperationalError(f"database is locked: no turn to write in {PATIENCE:.0f} s")
            self._has_turn = True

        def end_turn(self) -> None:
            if self._has_turn and not self.in_transaction:
                self._has_turn = False
                turns.give()

        def commit(self) -> None:
            try:
                super().commit()
            finally:
                self.end_turn()

        def rollback(self) -> None:
            try:
                super().rollback()
            finally:
                self.end_turn()

        def close(self) -> None:
            super().close()
            if self._has_turn:
                self._has_turn = False
                turns.give()

    return Queued


class _Cursor(sqlite3.Cursor):
    def execute(self, statement: str, *words: Any) -> Any:
        self.connection.begin_turn(statement)  # type: ignore[attr-defined]
        try:
            return super().execute(statement, *words)
        finally:
            # Who could not begin holds nobody up, nor who wrote outside of a transaction.
            self.connection.end_turn()  # type: ignore[attr-defined]

    def executemany(self, statement: str, words: Any) -> Any:
        self.connection.begin_turn(statement)  # type: ignore[attr-defined]
        try:
            return super().executemany(statement, words)
        finally:
            self.connection.end_turn()  # type: ignore[attr-defined]
