"""`metalctl cohort` on a store of ten storage nodes, whose runs are remembered three times."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from metalctl.cli.main import run
from metalctl.engine.state import StateDir
from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes
from metalctl.store.database import open_database
from metalctl.store.evidence import RunRow
from metalctl.store.history import beside, history

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
from machines import changed

NOISE = (0.996, 1.0, 1.004)
READ, SYNC, ODD = "hdd-seqread.outer", "etcd-fdatasync.fdatasync_p99", "odd.value"


def results(inventory: Inventory, noise: float, factor: float) -> list[CheckResult]:
    """The twelve disks read; one disk of the OS syncs; and a check that could not tell."""
    found = [
        CheckResult("hdd-seqread", Verdict.PASS, disk.label, "hdd", measurements=(
            Measurement("outer", 250e6 * noise * (factor if disk.slot == "bay 4" else 1), "B/s", at_least=1e8),))
        for disk in inventory.disks if disk.kind == "hdd"
    ]  # fmt: skip
    (first, *_) = [d for d in inventory.disks if d.kind == "ssd"]
    found.append(CheckResult("etcd-fdatasync", Verdict.PASS, first.label, "disk", measurements=(
        Measurement("fdatasync_p99", 0.002 * noise, "s", at_most=0.01),)))  # fmt: skip
    return [*found, CheckResult("odd", Verdict.UNKNOWN, measurements=(Measurement("value", 1.0, at_least=0.0),))]


def add(connection: Connection, name: str, *, factor: float = 1.0, final: str = "run-finished", **change: Any) -> None:
    """One node of three enrollments with a run each."""
    nodes.put(connection, name, f"https://{name}", "env:RACK7", "storage")
    serials = {f"disks.{n}.serial": f"{name}-{n}" for n in range(13)}
    inventory = changed("storage", {"identity.serial": name, **serials, **change})
    for number, noise in enumerate(NOISE):
        batch = enrollments.new_batch(connection, {"level": "quick"})
        enrollment = enrollments.new(connection, name, batch, "storage")
        evidence.add_inventory(connection, name, enrollment, "in-band", inventory)
        row = RunRow(f"{name}-{number}", enrollment, "burn-in", "quick", "b", "finished", final={"event": final},
                     results=results(inventory, noise, factor), started=f"2026-01-0{number + 1}")  # fmt: skip
        evidence.save_run(connection, row)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    home = StateDir(tmp_path_factory.mktemp("cohort") / "state").create()
    database = open_database(home.store_url)
    with database.begin() as connection:
        for number in range(4):
            add(connection, f"sto{number}", factor=0.5 if number == 2 else 1.0)
        add(connection, "cut", factor=0.1, final="error")
        add(connection, "mute", firmware=[])
    database.dispose()
    return home


@pytest.fixture(autouse=True)
def _surroundings(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("METALCTL_STATE", str(state.path))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)


def test_the_list_names_metrics_counts_medians_and_what_stands_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cohort"]) == 1
    text = capsys.readouterr().out
    plain = " ".join(text.split())
    assert f"{READ} 48 238.4 MiB/s 0 % 1 outlier: sto2" in plain
    assert f"{SYNC} 4 2 ms absolute limits only: 4 in the cohort" in plain
    assert ODD not in text, "what a check could not tell is no measurement"
    assert "cut" not in text, "of a journal that is not whole nothing is believed"
    assert "not compared: 13 parts of mute: the inventory does not state: bios" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_metric_is_shown_with_its_distribution_and_the_part_by_serial(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cohort", READ]) == 1
    text = capsys.readouterr().out
    assert "48 parts of 4 nodes" in text
    assert "sto2: outlier: 119.2 MiB/s, -50.0 %, z -33.7, measured 3 times" in text
    assert "hdd serial sto2-5 bay 4" in text
    assert "  → compare it with its neighbours" in text
    assert "238.4" in text
    assert "# 1" in text
    assert "sto3" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_all_parts_are_shown_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    run(["cohort", READ, "--all"])
    text = capsys.readouterr().out
    assert text.count("PASS") == 47


def test_too_few_are_not_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cohort", "etcd-fdatasync"]) == 3
    assert "absolute limits only: 4 in the cohort, at least 5 are needed" in capsys.readouterr().out


def test_json_has_every_part_and_what_was_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cohort", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    by_name = {c["metric"]: c for c in told["cohorts"]}
    worst = by_name[READ]["standings"][0]
    assert (worst["node"], worst["verdict"], worst["mark"], worst["repeats"]) == ("sto2", "FAIL", "outlier", 3)
    assert by_name[READ]["hardware"]["firmware"] == "1.0"
    assert by_name[SYNC]["absolute"] == "4 in the cohort, at least 5 are needed"
    assert {u["node"] for u in told["not_compared"]} == {"mute"}


def test_a_metric_that_does_not_exist_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cohort", "nvme-randred"]) == 2
    assert "metalctl cohort lists what was measured" in capsys.readouterr().err


def test_an_empty_store_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cohort", "--state-dir", str(tmp_path)]) == 0
    assert "nothing was measured yet" in capsys.readouterr().out


def test_a_page_is_compared_with_its_own_node_and_the_newest_of_its_profile(state: StateDir) -> None:
    database = open_database(state.store_url)
    with database.connect() as connection:
        assert len({p.node for p in history(connection)}) == 5
        assert [p.node for p in beside(connection, "sto0", "storage", 4)] == ["sto0"] * 3 + ["mute"]
        assert list(beside(connection, "sto0", "compute", 4)) == []
    database.dispose()


def test_the_written_page_shows_where_the_parts_stand_and_nothing_for_four(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["report", "sto2", "-o", str(tmp_path)])
    text = (tmp_path / "sto2.html").read_text()
    assert text.count('class="gauge strip') == 12, "one a disk that reads, none for the four that sync"
    assert text.count('class="gauge strip fail"') == 1
    assert "-50.0 % of median 238.4 MiB/s, 48 parts, outlier" in text
