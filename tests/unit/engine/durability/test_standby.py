"""A standby waits for its turn, whatever keeps it: the holder of the lock, or a database that is away."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import OperationalError

from metalctl.engine.durability import lock as module
from metalctl.engine.durability.lock import wait_for
from metalctl.engine.errors import Locked


class Playing:
    """A lock that says these one after the other, and is free then."""

    holder, lost = None, False

    def __init__(self, *errors: Exception) -> None:
        self.left = list(errors)

    def acquire(self) -> None:
        if self.left:
            raise self.left.pop(0)

    def release(self) -> None: ...


def test_a_standby_outlasts_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRY", 0.0)
    away = OperationalError("SELECT", {}, Exception("connection refused"))
    lock, told = Playing(Locked("another serves"), Locked("another serves"), away, away), list[str]()
    assert wait_for(lock, threading.Event(), told.append)
    assert lock.left == []
    assert len(told) == 2, "each reason once"
    assert (told[0], "cannot be asked" in told[1]) == ("standby: another serves", True)


def test_a_standby_that_is_told_to_stop_does(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    assert not wait_for(Playing(Locked("another serves")), stop, lambda _line: stop.set())
