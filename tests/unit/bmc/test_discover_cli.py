"""`metalctl discover` with expected machines, sightings and odd answers, as a person runs it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from metalctl.bmc import read_csv
from metalctl.bmc.discovery.scan import merged
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.protocol import Probe
from metalctl.cli import _discover
from metalctl.cli._expected import listed
from metalctl.cli.discover import discover
from metalctl.lab.fleet.replay import Replay
from metalctl.model.errors import UsageError
from metalctl.store import boots
from metalctl.store.database import open_database, sqlite_url

pytestmark = pytest.mark.slow  # they wait: for time-outs, retries, processes

MAC = "b0:7b:25:d6:51:82"


@pytest.fixture
def told(replay: Replay) -> Iterator[Replay]:
    """A BMC that tells its serial and MAC address to anybody."""
    replay.tree["/redfish/v1"]["Oem"] = {"Acme": {"ServiceTag": "F54P1G3", "ManagerMACAddress": MAC}}
    yield replay
    assert replay.authorized == 0, "no credential is ever sent"


def manifest(path: Path, *machines: str) -> Path:
    file = path / "rack7.yaml"
    file.write_text("credential: env:RACK7\nmachines:\n" + "".join(f"  - {{{m}}}\n" for m in machines))
    return file


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


def test_only_listed_machines_go_into_the_nodes_file(told: Replay, tmp_path: Path) -> None:
    file = manifest(tmp_path, f"name: r7n01, mac: {MAC}, serial: F54P1G3, rack: R7, unit: 12, role: compute")
    done = CliRunner().invoke(discover, [told.url, "--expected", str(file), "-o", str(tmp_path / "nodes.csv")])
    assert done.exit_code == 0, done.output
    assert "PASS" in done.output
    (entry,) = read_csv(tmp_path / "nodes.csv")
    assert (entry.name, str(entry.endpoint), entry.credential_ref, entry.profile) == (
        "r7n01",
        told.url,
        "env:RACK7",
        "compute",
    )


def test_unlisted_machines_are_reported_and_not_enrolled(told: Replay, tmp_path: Path) -> None:
    file = manifest(tmp_path, "name: other, serial: XYZ-1")
    done = CliRunner().invoke(discover, [told.url, "--expected", str(file), "-o", str(tmp_path / "nodes.csv")])
    assert done.exit_code == 1, "a listed machine is missing"
    assert "MISSING other, serial XYZ-1" in done.output
    assert "Not listed" in done.output
    assert rows(tmp_path / "nodes.csv") == []


def test_another_serial_under_a_listed_mac_is_a_failure_and_gets_no_credential(told: Replay, tmp_path: Path) -> None:
    file = manifest(tmp_path, f"name: r7n01, mac: {MAC}, serial: XYZ-1")
    out = tmp_path / "nodes.csv"
    done = CliRunner().invoke(discover, [told.url, "--expected", str(file), "--json", "-o", str(out)])
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    (match,) = found["matches"]
    assert (match["by"], match["verdict"], match["findings"][0]["got"]) == ("mac", "FAIL", "F54P1G3")
    assert match["findings"][0]["remedy"]
    assert (found["unlisted"], found["missing"]) == ([], [])
    assert rows(out) == []


def test_a_manifest_with_mistakes_is_a_usage_error_and_nothing_is_scanned(told: Replay, tmp_path: Path) -> None:
    file = manifest(tmp_path, "serail: A1")
    done = CliRunner().invoke(discover, [told.url, "--expected", str(file)])
    assert "did you mean serial" in str(done.exception)
    assert not told.requests


def test_addresses_that_the_boot_network_gave_out_are_scanned_with_their_macs(told: Replay, tmp_path: Path) -> None:
    del told.tree["/redfish/v1"]["Oem"]
    with open_database(sqlite_url(tmp_path / "metalctl.db")).begin() as connection:
        for what in ("DHCP: discover", "DHCP: address 127.0.0.8", "DHCP: address 127.0.0.1", "TFTP: x"):
            boots.add_sighting(connection, MAC, what)
    where = ["--state-dir", str(tmp_path), "--port", str(told.port), "--timeout", "1", "--json"]
    done = CliRunner().invoke(discover, ["dhcp:", *where])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert (row["address"], row["mac"], row["mac_from"]) == ("127.0.0.1", MAC, "dhcp")


def test_without_sightings_dhcp_says_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(discover, ["dhcp:", "--state-dir", str(tmp_path)])
    assert "metalctl serve" in str(getattr(done.exception, "hint", ""))


def test_what_a_stranger_calls_itself_is_text_and_nothing_else(told: Replay) -> None:
    told.tree["/redfish/v1"]["Product"] = "[red]BMC\x1b[2J\x07[/red]"
    done = CliRunner().invoke(discover, [told.url], env={"COLUMNS": "160", "NO_COLOR": "1"})
    assert "[red]BMC\ufffd[2J\ufffd[/red]" in done.output
    assert "\x1b[2J" not in done.output


def test_enroll_leaves_out_rows_that_are_no_listed_machine_and_tells_them(
    told: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = tmp_path / "nodes.csv"
    nodes.write_text(f"name,bmc,credential\nmine,{told.url},env:R\nnobody,ipmi://127.66.0.1,env:R\n")
    ((kept, machine),) = listed(read_csv(nodes), manifest(tmp_path, f"mac: {MAC}, serial: F54P1G3"))
    assert (kept.name, machine.serial) == ("mine", "F54P1G3")
    assert "nobody: ipmi://127.66.0.1 answers as none" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no row is a machine"):
        listed(read_csv(nodes), manifest(tmp_path, f"mac: {MAC}, serial: XYZ-1"))
    assert "should be XYZ-1, is F54P1G3" in capsys.readouterr().err


def test_a_scan_that_takes_long_says_how_far_it_is_in_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_discover, "LINE_EVERY", 0.0)
    done = CliRunner().invoke(discover, ["127.66.0.0/29", "--timeout", "0.3", "--json"])
    assert "scanning: 6 of 6 addresses, 0 BMCs" in done.stderr
    assert json.loads(done.stdout) == []


def test_what_many_have_in_common_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    rows = merged(Probe(Endpoint(f"10.0.0.{n}"), "redfish", fingerprint="aa") for n in range(1, 9))
    _discover.print_table(rows)
    told = [line for line in capsys.readouterr().out.splitlines() if "certificate as" in line]
    assert told == ["8 machines: same certificate as 7 others, which proves nothing alone"]


def test_help_tells_the_targets_and_examples() -> None:
    done = CliRunner().invoke(discover, ["--help"])
    assert done.exit_code == 0
    for word in ("ssdp:", "dhcp:", "--expected", "--rate", "Example"):
        assert word in done.output


def test_a_nodes_file_that_cannot_be_written_is_told_before_anything_is_asked(replay: Replay, tmp_path: Path) -> None:
    done = CliRunner().invoke(discover, [replay.url, "--json", "-o", str(tmp_path / "none" / "nodes.csv")])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing can be written" in done.stderr
    assert not replay.requests
