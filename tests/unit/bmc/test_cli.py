"""`metalctl discover` and `metalctl power`, as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from metalctl.bmc import read_csv
from metalctl.bmc.errors import WrongPassword
from metalctl.cli.discover import discover
from metalctl.cli.power import power
from metalctl.lab.fleet.replay import Replay


def secret(path: Path, password: str = "s3cret") -> str:
    file = path / "secrets.json"
    file.write_text(json.dumps({"lab": {"username": "admin", "password": password}}))
    file.chmod(0o600)
    return f"file:{file}#lab"


def test_discover_prints_json_and_writes_a_nodes_file_that_enroll_can_read(replay: Replay, tmp_path: Path) -> None:
    out, reference = tmp_path / "nodes.csv", secret(tmp_path)
    done = CliRunner().invoke(
        discover, [replay.url, "--json", "-o", str(out), "--credential", reference, "--profile", "compute"]
    )
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert (row["bmc"], row["protocols"], row["fingerprint"]) == (replay.url, ["redfish"], replay.fingerprint)
    (entry,) = read_csv(out)
    assert (str(entry.endpoint), entry.credential_ref, entry.profile) == (replay.url, reference, "compute")


def test_discover_prints_a_table(replay: Replay) -> None:
    done = CliRunner().invoke(discover, [replay.url], env={"COLUMNS": "120"})
    assert "Acme BMC" in done.stdout
    assert replay.fingerprint[:16] in done.stdout


def test_discover_says_when_nothing_answers() -> None:
    done = CliRunner().invoke(discover, ["127.66.0.1", "--timeout", "0.1"])
    assert (done.exit_code, "no BMC answered" in done.stdout) == (0, True)
    assert json.loads(CliRunner().invoke(discover, ["127.66.0.1", "--timeout", "0.1", "--json"]).stdout) == []


def test_discover_does_not_write_over_a_file(replay: Replay, tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("mine")
    done = CliRunner().invoke(discover, [replay.url, "-o", str(tmp_path / "nodes.csv")])
    assert done.exit_code == 2
    assert (tmp_path / "nodes.csv").read_text() == "mine"
    assert not replay.requests


def run_power(*arguments: str, state: Path) -> str:
    done = CliRunner().invoke(power, [*arguments, "--state-dir", str(state)], catch_exceptions=False)
    return done.stdout if done.exit_code == 0 else f"exit {done.exit_code}: {done.output}"


def test_power_switches_by_address(replay: Replay, tmp_path: Path) -> None:
    reference = secret(tmp_path)
    assert run_power("status", replay.url, "--credential", reference, state=tmp_path).endswith("is off\n")
    assert run_power("on", replay.url, "--credential", reference, state=tmp_path).endswith("is on\n")
    shown = json.loads(run_power("status", replay.url, "--credential", reference, "--json", state=tmp_path))
    assert (shown["power"], shown["fingerprint"]) == ("on", replay.fingerprint)


def test_power_finds_an_enrolled_node_by_name(replay: Replay, tmp_path: Path) -> None:
    from metalctl.engine.settings import load
    from metalctl.store import nodes
    from metalctl.store.database import open_database, sqlite_url

    state = load(None, tmp_path / "state").state.create()
    engine = open_database(sqlite_url(state.database))
    with engine.begin() as connection:
        nodes.put(connection, "cmp1", replay.url, secret(tmp_path), "compute")
    engine.dispose()
    assert run_power("on", "cmp1", state=tmp_path / "state") == "cmp1 is on\n"
    assert "no node is called 'cmp2'" in run_power("on", "cmp2", state=tmp_path / "state")


def test_power_needs_a_credential_for_a_stranger(replay: Replay, tmp_path: Path) -> None:
    assert "--credential" in run_power("on", replay.url, state=tmp_path)
    assert not replay.requests


def test_power_with_a_wrong_password_sends_it_once(replay: Replay, tmp_path: Path) -> None:
    with pytest.raises(WrongPassword):
        run_power("on", replay.url, "--credential", secret(tmp_path, "wrong"), state=tmp_path)
    assert replay.authorized == 1
