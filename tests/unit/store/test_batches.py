"""Batches: an id is one batch's alone, and the last one is the last that was enrolled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from metalctl.store import enrollments
from metalctl.store.database import open_database, sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path / "test.db"))
    yield engine
    engine.dispose()


def test_two_batches_of_one_second_have_two_ids(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["aa", "aa", "aa", "bb"])
    monkeypatch.setattr(enrollments, "_batch_id", lambda: f"20261201-000000-{next(drawn)}")
    with database.begin() as connection:
        assert [enrollments.new_batch(connection, {})[-2:] for _ in range(2)] == ["aa", "bb"]


def test_the_last_batch_is_the_last_enrolled_although_the_clock_was_set_back(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(["20261201-120000-aaaa", "20261201-090000-bbbb"])
    monkeypatch.setattr(enrollments, "_batch_id", lambda: next(ids))
    with database.begin() as connection:
        for node in ("n1", "n2"):
            last = enrollments.new_batch(connection, {})
            enrollments.new(connection, node, last, "lab/compute")
        assert enrollments.last_batch(connection) == last == "20261201-090000-bbbb"
