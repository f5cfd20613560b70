"""match, explain, what-if, profile from, diff and schema, as a user runs them: on files and on a store."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.cli.main import run
from metalctl.engine.state import StateDir
from metalctl.model.codec import encode
from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, evidence, nodes
from metalctl.store.database import open_database, sqlite_url

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
from machines import MACHINES, changed

Out = pytest.CaptureFixture[str]


def saved(folder: Path, name: str, inventory: Inventory) -> str:
    file = folder / name
    file.write_text(json.dumps(encode(inventory)))
    return str(file)


@pytest.fixture
def good(tmp_path: Path) -> str:
    return saved(tmp_path, "good.json", MACHINES["compute"])


@pytest.fixture
def bad(tmp_path: Path) -> str:
    return saved(tmp_path, "bad.json", changed("compute", {"cpu.iommu": False}))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateDir:
    """r7n03, enrolled as compute: its BMC knows the power supplies, one of its checks was run."""
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    state = StateDir(tmp_path / "state").create()
    engine = open_database(sqlite_url(state.database))
    inside = replace(changed("compute", {"cpu.iommu": False}), power_supplies=(), manager=None)
    outside = replace(MACHINES["compute"], source="out-of-band", taken="2026-01-01T00:00:00Z")
    reads = Measurement("read_iops", 450_000, "IO/s", at_least=400_000.0)
    with engine.begin() as connection:
        batch = enrollments.new_batch(connection, {"level": "quick", "allow_erase": False})
        nodes.put(connection, "r7n03", "https://127.0.0.9", "env:X", "compute")
        enrollment = enrollments.new(connection, "r7n03", batch, "compute")
        evidence.add_inventory(connection, "r7n03", enrollment, "in-band", inside)
        evidence.add_inventory(connection, "r7n03", enrollment, "out-of-band", outside)
        result = CheckResult("nvme-randread", Verdict.PASS, "nvme S1", measurements=(reads,))
        evidence.save_run(connection, evidence.RunRow("r1", enrollment, "burn-in", "quick", "b", results=[result]))
    engine.dispose()
    return state


def told(words: list[str], capsys: Out, code: int) -> Any:
    assert run(words) == code, capsys.readouterr()
    return json.loads(capsys.readouterr().out)


def test_match_says_fit_or_what_is_wrong_by_its_exit_code(good: str, bad: str, capsys: Out) -> None:
    assert run(["match", "--inventory", good, "--profile", "compute"]) == 0
    assert "S1 fits compute" in capsys.readouterr().out
    assert run(["match", "--inventory", bad, "--profile", "compute"]) == 1
    out = capsys.readouterr().out
    assert "S1 does not fit compute" in out
    assert "cpu.iommu: expected on, got off" in out
    assert "→ turn the IOMMU" in out
    found = told(["match", "-i", bad, "--profile", "compute", "--json"], capsys, 1)
    assert (found["fits"], [f["requirement"] for f in found["findings"] if f["blocks"]]) == (False, ["cpu.iommu"])


def test_match_ranks_all_profiles_for_a_file(good: str, capsys: Out) -> None:
    ranked = told(["match", "-i", good, "--json"], capsys, 0)
    assert ranked[0]["profile"] == "compute"
    assert not any(r["profile"].startswith("lab/") for r in ranked), "it is no emulated machine"
    assert run(["match", "-i", good, "--profile", "auto"]) == 0
    out = capsys.readouterr().out
    assert "S1: compute fits best" in out
    assert "disks.osd.count: expected ≥ 12 × hdd of ≥ 4 TB, got none" in out


def test_match_of_a_node_takes_its_profile_and_asks_the_bmc_too(store: StateDir, capsys: Out) -> None:
    found = told(["match", "r7n03", "--json"], capsys, 1)
    by_name = {f["requirement"]: f for f in found["findings"]}
    assert found["profile"] == "compute"
    assert by_name["power.supplies"]["verdict"] == "PASS"
    assert by_name["cpu.iommu"]["source"] == "in-band: off; out-of-band: on"


def test_two_files_are_two_sides_of_one_machine(tmp_path: Path, capsys: Out) -> None:
    inside = saved(tmp_path, "in.json", replace(MACHINES["compute"], power_supplies=(), manager=None))
    outside = saved(tmp_path, "out.json", replace(MACHINES["compute"], source="out-of-band"))
    assert run(["match", "-i", inside, "-i", outside, "--profile", "compute"]) == 0
    assert run(["match", "-i", inside, "-i", inside, "--profile", "compute"]) == 2
    assert "one of each side" in capsys.readouterr().err


def test_explain_names_the_line_that_asks_and_both_sides(store: StateDir, capsys: Out) -> None:
    assert run(["explain", "r7n03", "cpu.iommu"]) == 0
    out = capsys.readouterr().out
    assert "compute.yaml:" in out
    assert "in-band, taken" in out
    assert "FAIL off" in out
    assert "out-of-band, taken 2026-01-01T00:00:00Z: PASS on" in out
    (row,) = told(["explain", "r7n03", "cpu.iommu", "--json"], capsys, 0)
    assert row["written"].rpartition(":")[2].isdigit()


def test_explain_suggests_the_name(store: StateDir, bad: str, capsys: Out) -> None:
    assert run(["explain", "r7n03", "cpu.iomu"]) == 2
    assert "did you mean cpu.iommu?" in capsys.readouterr().err
    assert run(["explain", "-i", bad, "--profile", "compute", "disks.data"]) == 0
    assert "disks.data.endurance" in capsys.readouterr().out
    assert run(["explain", "-i", bad, "cpu.iommu"]) == 2
    assert "give --profile" in capsys.readouterr().err


def test_what_if_matches_anew_and_replays_results(store: StateDir, tmp_path: Path, capsys: Out) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("extends: compute\nrequires: {cpu: {iommu: ~}}\nchecks: {nvme-randread: {min_iops: 500k}}\n"
                     "burn_in: [nvme-randread]\naccept: []\n")  # fmt: skip
    found = told(["what-if", "r7n03", "--profile", str(other), "--json"], capsys, 1)
    assert found["changed"] == {"cpu.iommu": ["FAIL", ""]}
    by_name = {f["requirement"]: f for f in found["findings"]}
    assert by_name["check.nvme-randread.min_iops"]["verdict"] == "FAIL"
    assert by_name["check.nvme-randread.min_iops"]["got"] == "read_iops 450000 IO/s"
    assert by_name["check.iperf3"]["verdict"] == "UNKNOWN", "it was never run"


def test_what_if_on_a_file_asks_only_the_requirements(good: str, capsys: Out) -> None:
    assert run(["what-if", "-i", good, "--profile", "compute"]) == 0
    assert "would fit compute" in capsys.readouterr().out
    assert run(["what-if", "-i", good, "--profile", "storage"]) == 1


@pytest.mark.slow
def test_profile_from_writes_a_file_that_fits_and_never_overwrites(good: str, tmp_path: Path, capsys: Out) -> None:
    target = tmp_path / "r7.yaml"
    assert run(["profile", "from", "--file", good, "--output", str(target)]) == 0
    assert run(["profile", "check", str(target)]) == 0
    assert run(["match", "-i", good, "--profile", str(target)]) == 0
    before = target.read_text()
    assert run(["profile", "from", "--file", good, "--role", "storage", "--output", str(target)]) == 2
    assert target.read_text() == before
    assert "role: compute" in before, "the role of the profile that fits best"


def test_profile_from_a_node_of_the_store_takes_its_role(store: StateDir, capsys: Out) -> None:
    assert run(["profile", "from", "r7n03"]) == 0
    out = capsys.readouterr().out
    assert "after r7n03" in out
    assert "extends: compute" in out
    assert "iommu: ~   # was true" in out


def test_profile_from_asks_for_the_role_where_nothing_fits(bad: str, capsys: Out, tmp_path: Path) -> None:
    odd = saved(tmp_path, "odd.json", changed("compute", {"boot_mode": "bios"}))
    assert run(["profile", "from", "-f", odd]) == 2
    assert "give --role" in capsys.readouterr().err
    assert run(["profile", "from"]) == 2
    assert run(["profile", "from", "-f", odd, "--tolerance", "90 %"]) == 2


def test_profile_diff_and_schema(capsys: Out) -> None:
    assert run(["profile", "diff", "compute", "lab/compute"]) == 0
    assert "requires.cpu.cores: >= 64 → >= 2" in capsys.readouterr().out
    assert run(["profile", "diff", "compute", "compute"]) == 0
    assert "they ask the same" in capsys.readouterr().out
    assert told(["profile", "schema"], capsys, 0)["title"] == "metalctl hardware profile"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: expected JSON"),
        ("[]", "expected an inventory (an object), got list"),
        ('{"source": "in-band",\n"identity": }', ":2: expected JSON"),
        ('{"source": "in-band"}', "field 'identity' is missing"),
        ('{"source": "in-band", "identity": {}, "cpu": {"cores": "many"}}', "Inventory.cpu.cores: expected int"),
        ('{"source": "in-band", "identity": {"serial": "\\ud800"}}', "expected UTF-8 text"),
        ("[" * 100_000, "expected JSON of reasonable depth"),
        ('{"source": ' + "9" * 5000 + "}", "expected JSON of reasonable depth and numbers"),
        ('{"node": "x", "stage": "y"}', "Dossier"),
    ],
)
def test_a_file_that_holds_no_inventory_is_one_sentence(text: str, message: str, tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "i.json"
    file.write_text(text)
    assert run(["match", "-i", str(file), "--profile", "compute"]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "itself failed" not in err


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: Out) -> None:
    assert run(["match", "-i", str(tmp_path / "none.json")]) == 2
    assert "file not found" in capsys.readouterr().err
    assert run(["match", "-i", str(tmp_path)]) == 2
    assert run(["match"]) == 2
    assert run(["what-if", "x", "-i", "y", "--profile", "compute"]) == 2


def test_what_show_prints_is_an_inventory_too(store: StateDir, tmp_path: Path, capsys: Out) -> None:
    assert run(["show", "r7n03", "--json"]) == 0
    file = tmp_path / "node.json"
    file.write_text(capsys.readouterr().out)
    found = told(["match", "-i", str(file), "--profile", "compute", "--json"], capsys, 1)
    assert [f["requirement"] for f in found["findings"] if f["blocks"]] == ["cpu.iommu"]
