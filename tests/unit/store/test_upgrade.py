"""A store of the version before is brought to today's schema, wherever the upgrade is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect

from metalctl.model.stage import Stage
from metalctl.store import enrollments, marks, records, schema
from metalctl.store.database import open_database, sqlite_url

# The tables as version 0002 had them, as far as the upgrade touches them.
BEFORE = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0002');
CREATE TABLE batches (id VARCHAR PRIMARY KEY, created VARCHAR NOT NULL, options JSON NOT NULL);
CREATE TABLE nodes (name VARCHAR PRIMARY KEY, bmc VARCHAR NOT NULL UNIQUE, credential VARCHAR NOT NULL,
  fingerprint VARCHAR NOT NULL, authorities VARCHAR NOT NULL DEFAULT '', rotation JSON, profile VARCHAR NOT NULL,
  identity JSON, parked BOOLEAN NOT NULL, quarantined BOOLEAN NOT NULL, created VARCHAR NOT NULL);
CREATE TABLE macs (mac VARCHAR PRIMARY KEY, node VARCHAR NOT NULL);
CREATE TABLE enrollments (id VARCHAR PRIMARY KEY, node VARCHAR NOT NULL, batch VARCHAR NOT NULL,
  profile VARCHAR NOT NULL, profile_digest VARCHAR NOT NULL, stage VARCHAR NOT NULL, condition VARCHAR NOT NULL,
  why VARCHAR NOT NULL, attempt INTEGER NOT NULL, fault VARCHAR NOT NULL, created VARCHAR NOT NULL,
  updated VARCHAR NOT NULL);
CREATE TABLE stages (enrollment VARCHAR, stage VARCHAR, condition VARCHAR NOT NULL, started VARCHAR NOT NULL,
  finished VARCHAR NOT NULL, elapsed FLOAT NOT NULL, ticked VARCHAR NOT NULL, attempts INTEGER NOT NULL,
  evidence JSON NOT NULL, findings JSON NOT NULL, memo JSON NOT NULL, PRIMARY KEY (enrollment, stage));
CREATE TABLE inventories (id INTEGER PRIMARY KEY AUTOINCREMENT, node VARCHAR NOT NULL, enrollment VARCHAR NOT NULL,
  kind VARCHAR NOT NULL, taken VARCHAR NOT NULL, data JSON NOT NULL);
CREATE TABLE runs (run_id VARCHAR PRIMARY KEY, enrollment VARCHAR NOT NULL, kind VARCHAR NOT NULL,
  level VARCHAR NOT NULL, boot_id VARCHAR NOT NULL, state VARCHAR NOT NULL, offset INTEGER NOT NULL,
  entries INTEGER NOT NULL, progress VARCHAR NOT NULL, results JSON NOT NULL, final JSON, started VARCHAR NOT NULL,
  finished VARCHAR NOT NULL);
CREATE TABLE tokens (digest VARCHAR PRIMARY KEY, enrollment VARCHAR NOT NULL, kind VARCHAR NOT NULL,
  expires FLOAT NOT NULL, boot_id VARCHAR NOT NULL);
CREATE TABLE boots (id INTEGER PRIMARY KEY AUTOINCREMENT, enrollment VARCHAR NOT NULL, kind VARCHAR NOT NULL,
  boot_id VARCHAR NOT NULL, address VARCHAR NOT NULL, at VARCHAR NOT NULL, data JSON NOT NULL,
  UNIQUE (enrollment, boot_id));
CREATE TABLE intents (node VARCHAR PRIMARY KEY, enrollment VARCHAR NOT NULL, action VARCHAR NOT NULL);
CREATE TABLE sightings (id INTEGER PRIMARY KEY AUTOINCREMENT, mac VARCHAR NOT NULL, what VARCHAR NOT NULL,
  at VARCHAR NOT NULL);
CREATE TABLE artifacts (enrollment VARCHAR, path VARCHAR, kind VARCHAR NOT NULL, sha256 VARCHAR NOT NULL,
  PRIMARY KEY (enrollment, path));
CREATE TABLE pairs (batch VARCHAR, round INTEGER, server VARCHAR, client VARCHAR NOT NULL, port INTEGER NOT NULL,
  PRIMARY KEY (batch, round, server));
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at VARCHAR NOT NULL, node VARCHAR NOT NULL,
  actor VARCHAR NOT NULL, action VARCHAR NOT NULL, detail JSON NOT NULL);
INSERT INTO batches VALUES ('b1', '2026-01-01T00:00:00+00:00', '{}');
INSERT INTO nodes VALUES ('n1', 'https://127.0.0.2', 'env:X', '', '', NULL, 'compute', NULL, 1, 0, '2026-01-01');
INSERT INTO nodes VALUES ('n2', 'https://127.0.0.3', 'env:X', '', '', NULL, 'compute', NULL, 0, 1, '2026-01-01');
INSERT INTO enrollments VALUES ('n2-b', 'n2', 'b1', 'compute', '', 'matched', 'failed', 'w', 2, 'hardware',
  '2026-01-02T00:00:00+00:00', '2026-01-02T00:00:00+00:00');
INSERT INTO enrollments VALUES ('n1-a', 'n1', 'b1', 'compute', '', 'burned-in', 'waiting', 'w', 1, '',
  '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00');
INSERT INTO stages VALUES ('n2-b', 'matched', 'failed', 's', 'f', 3.5, '', 1, '{}',
  '[{"requirement": "memory.total", "verdict": "FAIL", "got": "64 GiB", "severity": "error"}]', '{}');
"""

UPGRADE = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from metalctl.store.database import open_database

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1

open_database(sys.argv[1]).dispose()
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "metalctl.db"
    connection = sqlite3.connect(path)
    connection.executescript(BEFORE)
    connection.close()
    return path


def look(path: Path) -> None:
    engine = open_database(sqlite_url(path))
    there = {t: {c["name"] for c in inspect(engine).get_columns(t)} for t in inspect(engine).get_table_names()}
    for table in schema.metadata.sorted_tables:
        assert there[table.name] == {column.name for column in table.columns}, table.name
    with engine.begin() as connection:
        found = enrollments.get(connection, "n2-b")
        assert (found.number, found.problem, found.verdicts) == (2, "memory.total · 64 GiB", {"FAIL": 1})
        assert enrollments.unreported(connection) == []
        assert enrollments.under_way(connection) == [("n1-a", 1)]
        assert set(marks.everybodys(connection)) == {"n1", "n2"}
        row = records.stage(connection, "n2-b", Stage.MATCHED)
        assert row is not None
        records.save_stage(connection, "n2-b", row)
    engine.dispose()


def test_a_store_of_the_version_before_is_brought_to_todays_schema(old: Path) -> None:
    look(old)


def test_the_version_before_this_one_gets_the_table_of_bmcs_and_keeps_the_rest(old: Path) -> None:
    look(old)
    connection = sqlite3.connect(old)
    connection.executescript("DROP TABLE bmcs; UPDATE alembic_version SET version_num = '0003'")
    connection.close()
    look(old)


@pytest.mark.slow  # a process for each statement
def test_an_upgrade_that_is_killed_at_any_statement_is_done_by_the_next_start(old: Path, tmp_path: Path) -> None:
    original, number, killed = old.read_bytes(), 0, 0
    while True:
        path = tmp_path / f"killed-{number}.db"
        path.write_bytes(original)
        words = [sys.executable, "-c", UPGRADE, sqlite_url(path), str(number)]
        code = subprocess.run(words, env=os.environ, check=False).returncode
        look(path)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
        number += 1 if number < 4 else 7
    assert killed > 5
