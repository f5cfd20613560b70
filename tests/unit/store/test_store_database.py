"""Opening the database: what is not ours, is damaged or is from the future is told, and left as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from metalctl.store import schema
from metalctl.store.database import open_database, sqlite_url
from metalctl.store.errors import StoreError


def test_a_database_of_a_newer_metalctl_is_told_from_a_failure_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "metalctl.db"
    engine = open_database(sqlite_url(path))
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer metalctl") as caught:
        open_database(sqlite_url(path))
    assert "--state-dir" in caught.value.hint
    with pytest.raises(StoreError, match="9999"):
        open_database(sqlite_url(path))


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        engine = open_database(sqlite_url(tmp_path / "metalctl.db"))
        with engine.connect() as connection:
            assert connection.execute(text("select count(*) from nodes")).scalar() == 0
        engine.dispose()


def test_a_new_database_has_the_newest_schema_and_who_opens_it_again_needs_no_migrations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_url(tmp_path / "metalctl.db")
    open_database(url).dispose()
    monkeypatch.setitem(sys.modules, "alembic", None)  # importing it fails from here on
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalar() == schema.HEAD
    engine.dispose()


@pytest.mark.parametrize("content", [b"\x00" * 4096, b"name,bmc\n" * 1000])
def test_a_file_that_is_no_database_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "metalctl.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(sqlite_url(path))
    assert path.read_bytes() == content
