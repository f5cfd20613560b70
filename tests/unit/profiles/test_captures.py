"""Real machines, replayed from their captures when these are there: they fail and fit for the right reasons."""

from __future__ import annotations

import json
import tarfile
from functools import cache
from pathlib import Path

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.content import profiles
from metalctl.content.inventories import Sides
from metalctl.lab.fleet.replay import Replay
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.verdict import Verdict
from tests.captures import archive

pytestmark = pytest.mark.slow


@cache
def read(name: str) -> Inventory:
    with tarfile.open(archive(name)) as file:
        members = {m.name: f for m in file if m.name.endswith("/index.json") and (f := file.extractfile(m))}
        tree = {"/" + path.split("/", 1)[1].removesuffix("/index.json"): json.load(f) for path, f in members.items()}
    who = Credential("root", "calvin")
    with Replay(tree, "root", "calvin") as server, connect(parse_endpoint(server.url), who) as bmc:
        return bmc.inventory()


def found(name: str, profile: str) -> dict[str, Finding]:
    return {f.requirement: f for f in match(read(name), profiles.load(profile))}


def test_the_r750_is_no_compute_node_for_its_cores() -> None:
    findings = found("dell-r750", "compute")
    cores = findings["cpu.cores"]
    assert (cores.verdict, cores.expected, cores.got) == (Verdict.FAIL, "≥ 64 cores", "36 cores")
    assert "Gold 6354" in cores.part
    assert findings["cpu.threads"].got == "72 threads"
    assert findings["memory.total"].verdict is Verdict.PASS
    assert findings["memory.total"].got == "512 GiB in 16 DIMMs"
    assert findings["firmware.bios"].got == "1.8.2", "below the baseline that ships for this model"
    assert findings["cpu.kvm"].verdict is Verdict.UNKNOWN, "no BMC can tell"


def test_the_dl325_has_the_processor_of_a_controller_and_half_its_memory() -> None:
    findings = found("hpe-dl325-gen10", "controller")
    assert (findings["cpu.cores"].verdict, findings["cpu.cores"].got) == (Verdict.PASS, "16 cores")
    memory = findings["memory.total"]
    assert (memory.verdict, memory.expected, memory.got) == (Verdict.FAIL, "≥ 128 GiB", "64 GiB in 4 DIMMs")
    assert memory.remedy.startswith("64 GiB missing")
    assert findings["firmware.bios"].verdict is Verdict.SKIP, "the baseline that ships is for another model"


@pytest.mark.parametrize(("name", "role"), [("dell-r750", "compute"), ("hpe-dl325-gen10", "controller")])
def test_each_fits_the_profile_that_is_made_of_it_and_the_other_does_not(name: str, role: str, tmp_path: Path) -> None:
    file = tmp_path / "golden.yaml"
    file.write_text(profiles.from_machines([Sides(name, read(name))], role, "golden"))
    golden = profiles.load(file)
    own = match(read(name), golden)
    assert [f.requirement for f in own if f.blocks] == []
    assert sum(f.verdict is Verdict.PASS for f in own) >= 8, "it asks for something"
    other = {"dell-r750": "hpe-dl325-gen10", "hpe-dl325-gen10": "dell-r750"}[name]
    wrong = [f.requirement for f in match(read(other), golden) if f.verdict is Verdict.FAIL]
    assert {"cpu.cores", "cpu.model", "memory.total"} <= set(wrong)
