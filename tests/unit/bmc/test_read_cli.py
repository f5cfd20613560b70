"""`metalctl inspect --out-of-band`, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metalctl.cli.inspect import inspect
from metalctl.lab.fleet.replay import Fault, Replay
from metalctl.model.codec import decode
from metalctl.model.inventory import Inventory

SYSTEM = "/redfish/v1/Systems/blade-7"


@pytest.fixture
def reference(tmp_path: Path) -> str:
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"lab": {"username": "admin", "password": "s3cret"}}))
    file.chmod(0o600)
    return f"file:{file}#lab"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(inspect, arguments, env={"COLUMNS": "160", "NO_COLOR": "1"})


def test_the_json_is_an_inventory_as_the_model_has_it(replay: Replay, reference: str) -> None:
    done = run(replay.url, "--out-of-band", "--credential", reference, "--json")
    assert done.exit_code == 0, done.output
    found = decode(Inventory, json.loads(done.stdout))
    assert (found.source, found.identity.serial, len(found.disks)) == ("out-of-band", "S-1", 1)
    assert "s3cret" not in done.output


def test_the_page_names_what_was_not_read(replay: Replay, reference: str) -> None:
    replay.faults[f"{SYSTEM}/Memory/A1"] = Fault(500)
    done = run(replay.url, "--out-of-band", "--credential", reference)
    assert done.exit_code == 0, done.output
    assert "S-1" in done.stdout
    assert "memory.dimms" in done.stdout
    assert "HTTP 500" in done.stdout


def test_a_bmc_that_leads_astray_is_a_finding_and_exit_code_1(replay: Replay, reference: str) -> None:
    replay.tree[SYSTEM]["Memory"] = {"@odata.id": "https://192.0.2.1/x"}
    done = run(replay.url, "--out-of-band", "--credential", reference, "--json")
    assert done.exit_code == 1
    assert "finding:" in done.stderr
    assert "192.0.2.1" in done.stderr
    assert json.loads(done.stdout)["disks"], "what was read is told all the same"


@pytest.mark.parametrize(
    "arguments",
    [[], ["--local", "--out-of-band"], ["--out-of-band"], ["node7", "--local"], ["node7"],
     ["https://192.0.2.1", "--out-of-band"]],
)  # fmt: skip
def test_what_is_asked_wrongly_is_exit_code_2(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, "--state-dir", str(tmp_path))
    assert done.exit_code == 2, done.output
