"""`metalctl show NODE --audit`: who did what to the node, and when."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metalctl.cli.show import show
from metalctl.engine.state import StateDir
from metalctl.store import audit, nodes
from metalctl.store.database import open_database, sqlite_url
from metalctl.store.errors import NotFound


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    made = StateDir(tmp_path / "state").create()
    database = open_database(sqlite_url(made.database))
    with database.begin() as connection:
        for number, name in enumerate(("n1", "n2"), start=8):
            nodes.put(connection, name, f"https://127.0.0.{number}", "env:X", "lab/compute")
        audit.record(connection, "n1", "power-on", system="ramdisk", attempt=1)
        audit.record(connection, "n2", "power-off")
        audit.record(connection, "n1", "retry", actor="operator", stage="matched")
    database.dispose()
    return made


def run(state: StateDir, node: str, *words: str) -> Result:
    return CliRunner().invoke(show, [node, "--audit", "--state-dir", str(state.path), *words])


def test_the_lines_of_the_node_and_of_no_other_come_oldest_first(state: StateDir) -> None:
    done = run(state, "n1")
    first, second = done.stdout.splitlines()
    assert "metalctl" in first
    assert "power-on" in first
    assert "system=ramdisk  attempt=1" in first
    assert "operator" in second
    assert "retry" in second
    told = json.loads(run(state, "n1", "--json").stdout)
    assert [(line["action"], line["actor"]) for line in told["audit"]] == [
        ("power-on", "metalctl"),
        ("retry", "operator"),
    ]


def test_a_node_that_is_not_known_is_an_error_and_no_empty_page(state: StateDir) -> None:
    assert isinstance(run(state, "n9").exception, NotFound)


def test_two_questions_at_once_are_refused(state: StateDir) -> None:
    done = run(state, "n1", "--diff")
    assert done.exit_code == 2
    assert "one at a time" in done.output
