"""`metalctl nodes`: filters, order, watching, narrow terminals, and what it loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from metalctl.cli import _lab_hint, _live
from metalctl.cli.main import run
from metalctl.engine.state import StateDir
from metalctl.store import enrollments, nodes
from metalctl.store.database import open_database

Out = pytest.CaptureFixture[str]
PROBLEM = "disks.osd.count · 2 · hdd serial S1 slot 3, hdd serial S2 slot 4"
ROWS = (
    ("n1", "compute", "handed-over", "done", ""),
    ("n2", "storage", "matched", "failed", PROBLEM),
    ("n3", "storage", "burned-in", "running", ""),
    ("n4", "compute", "matched", "waiting", ""),
)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)
    monkeypatch.setattr(_lab_hint, "_NAMESPACES", tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def store(tmp_path: Path, _alone: None) -> None:
    database = open_database(StateDir(tmp_path / "state").create().store_url)
    with database.begin() as connection:
        batch = enrollments.new_batch(connection, {})
        for number, (name, profile, stage, condition, problem) in enumerate(ROWS):
            nodes.put(connection, name, f"https://10.0.0.{number}", "env:X", profile)
            made = enrollments.new(connection, name, batch, profile)
            enrollments.change(connection, made, stage=stage, condition=condition, problem=problem, why="")
    database.dispose()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], "n1 n2 n3 n4"),
        (["--failed"], "n2"),
        (["--stage", "matched"], "n2 n4"),
        (["--stage", "matched", "--stage", "burned-in", "--profile", "storage"], "n2 n3"),
        (["--condition", "running", "--failed"], "n2 n3"),
        (["--sort", "condition"], "n2 n3 n4 n1"),
        (["--sort", "stage"], "n2 n4 n3 n1"),
        (["--sort", "profile"], "n1 n4 n2 n3"),
        (["--batch", "of-nobody"], ""),
    ],
)
def test_filters_and_order_hold_for_the_table_and_for_json(
    words: list[str], names: str, store: None, capsys: Out
) -> None:
    assert run(["nodes", "--json", *words]) == 0
    assert [node["name"] for node in json.loads(capsys.readouterr().out)] == names.split()
    assert run(["nodes", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("n") and line[1].isdigit()] == names.split()


@pytest.mark.parametrize("columns", [80, 60])
def test_no_word_is_cut_in_a_narrow_terminal(
    columns: int, store: None, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run(["nodes"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= columns
    assert set(PROBLEM.split()) <= set(text.split())
    assert "4 nodes: 1 done, 1 failed, 1 running, 1 waiting" in " ".join(text.split())


def test_in_a_pipe_each_node_has_one_line(store: None, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    assert run(["nodes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(ROWS) + 1
    assert lines[2].endswith(PROBLEM)


def test_nobody_that_is_so_is_told_from_no_nodes(store: None, capsys: Out) -> None:
    assert run(["nodes", "--stage", "installed"]) == 0
    assert capsys.readouterr().out == "none of 4 nodes is so\n"


def test_watching_in_a_pipe_tells_each_change_until_ctrl_c(
    store: None, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([None, None])

    def wait(_: float) -> None:
        if next(looks, "over") == "over":
            raise KeyboardInterrupt

    monkeypatch.setattr(_live.time, "sleep", wait)
    assert run(["nodes", "--watch", "--failed"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "n2" in line
    assert line.endswith(PROBLEM)


def test_nothing_is_made_where_nothing_is_remembered_and_a_lab_is_told(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert run(["nodes"]) == 0
    assert capsys.readouterr().out == "no nodes yet: metalctl enroll nodes.csv\n"
    assert not (tmp_path / "state").exists()
    (tmp_path / "metalctl" / "labs" / "demo").mkdir(parents=True)
    (tmp_path / "mctl-demo").touch()
    monkeypatch.setattr("metalctl.lab.rack.netns.exists", lambda name: name == "mctl-demo")
    assert run(["nodes"]) == 0
    assert "the lab demo is up" in capsys.readouterr().out
    assert run(["nodes", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == []
    assert "metalctl lab exec -- metalctl nodes" in told.err
    monkeypatch.setenv("METALCTL_LAB", "demo")
    assert run(["nodes"]) == 0
    assert "lab" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("remembers", "heavy"),
    [(False, {"sqlalchemy"}), (True, set())],
    ids=["an empty store needs no database", "a store of today's schema needs no migrations"],
)
def test_it_loads_only_what_it_needs(remembers: bool, heavy: set[str], request: pytest.FixtureRequest) -> None:
    if remembers:
        request.getfixturevalue("store")
    script = "import sys; from metalctl.cli.main import run; run(['nodes']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    always = {"alembic", "pydantic", "dbos", "paramiko", "rich", "yaml", "aiohttp", "cryptography", "jinja2"}
    assert ("n1" in done.stdout) is remembers
    assert loaded & (always | heavy) == set()
