"""match, explain, what-if and show where firmware's words steer terminals, or files change between two commands."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.cli.main import run
from metalctl.content import profiles
from metalctl.engine.state import StateDir
from metalctl.model.codec import encode
from metalctl.model.dossier import StageRecord
from metalctl.model.finding import Finding, Waiver
from metalctl.model.identity import Identity
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes, records
from metalctl.store.database import open_database, sqlite_url

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
from machines import MACHINES, changed

Out = pytest.CaptureFixture[str]
EVIL = "S1\x1b[31m[/bold]\x07"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's profile `r7` that the node n1 is enrolled with; the node calls itself what steers a terminal."""
    file = tmp_path / "content" / "profiles" / "r7.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("extends: compute\nchecks: {nvme-randread: {min_iops: 400k, max_p99: ~}}\n")
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path / "content"))
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    engine = open_database(sqlite_url(StateDir(tmp_path / "state").create().database))
    with engine.begin() as connection:
        batch = enrollments.new_batch(connection, {"level": "quick", "allow_erase": False})
        identity = Identity(EVIL, manufacturer="[/red]", product="[bold")
        nodes.put(connection, "n1", "https://127.0.0.9", "env:X", "r7")
        nodes.set_identity(connection, "n1", identity)
        enrollment = enrollments.new(connection, "n1", batch, "r7")
        enrollments.change(connection, enrollment, profile_digest=profiles.load("r7").digest)
        evidence.add_inventory(connection, "n1", enrollment, "in-band", replace(MACHINES["compute"], identity=identity))
        reads = Measurement("read_iops", 450_000, "IO/s", at_least=400_000.0)
        result = CheckResult("nvme-randread", Verdict.PASS, "nvme S1", measurements=(reads,))
        evidence.save_run(connection, evidence.RunRow("r1", enrollment, "burn-in", "quick", "b", results=[result]))
        waived = Finding("cpu.iommu", Verdict.FAIL, "on", EVIL, source="in-band", remedy="turn it on",
                         waiver=Waiver("cpu.iommu", "ops", "board on order", "2999-01-01"))  # fmt: skip
        warned = Finding("disks.osd.uniform", Verdict.FAIL, "one", "two", remedy="swap", severity="warning")
        record = StageRecord(Stage.MATCHED, Condition.DONE, "2026-01-01T00:00:00Z", findings=(waived, warned))
        records.save_stage(connection, enrollment, records.StageRow(record))
    engine.dispose()
    return file


def test_what_if_does_not_take_todays_file_for_what_the_node_was_held_to(site: Path, capsys: Out) -> None:
    def verdict() -> tuple[str, bool]:
        run(["what-if", "n1", "--profile", "r7", "--json"])
        told = json.loads(capsys.readouterr().out)
        (found,) = {f["verdict"] for f in told["findings"] if f["requirement"].startswith("check.nvme-randread")}
        return found, told["was_changed"]

    assert verdict() == ("PASS", False)
    site.write_text(site.read_text().replace("400k", "500k"))
    assert verdict() == ("UNKNOWN", True)
    run(["what-if", "n1", "--profile", "r7"])
    assert "r7 was changed since the node was matched" in capsys.readouterr().out


def test_show_prints_what_looks_like_markup_and_who_waived(
    site: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert run(["show", "n1"]) == 0
    out = capsys.readouterr().out
    assert "[/red] [bold" in out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "FAIL    cpu.iommu (waived): " in out
    assert "waived  by ops until 2999-01-01: board on order" in out
    assert "(warning): " in out


@pytest.mark.parametrize(
    "words", [["match"], ["match", "--profile", "compute"], ["explain", "disks.data"], ["what-if"]]
)
def test_no_word_of_the_machine_steers_a_terminal(words: list[str], tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "i.json"
    change = {"identity.serial": EVIL, "disks.1.serial": EVIL, "disks.1.health.status": EVIL, "boot_mode": EVIL}
    file.write_text(json.dumps(encode(changed("compute", change))))
    asked = [] if words[0] == "match" else ["--profile", "compute"]
    run([*words, "-i", str(file), *asked])
    out = capsys.readouterr().out
    assert "S1" in out
    assert "\x1b" not in out
    assert "\x07" not in out
