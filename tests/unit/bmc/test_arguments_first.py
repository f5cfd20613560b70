"""Whatever is wrong with the arguments is told before the first packet, and a large network is not scanned unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from metalctl.bmc.discovery.targets import parse_targets
from metalctl.cli import _discover
from metalctl.cli.bmc import bmc
from metalctl.cli.discover import discover
from metalctl.cli.enroll import enroll
from metalctl.lab.fleet.replay import Replay
from tests.unit.bmc.test_cli import secret

first = pytest.mark.truth("A11", "every argument is looked at before the first packet")
asked = pytest.mark.truth("A11", "more than a /16 is scanned only after a yes")


def refused(done: Result) -> str:
    assert done.exit_code != 0, done.output
    return f"{done.output}{done.exception}"


@first
@pytest.mark.parametrize(
    ("words", "said"),
    [(["--credential", "hunter2"], "not a credential reference"), (["--credential", "file:x.json"], "not a credential"),
     (["--profile", "no-such-profile"], "no-such-profile")],
)  # fmt: skip
def test_discover_refuses_a_column_that_enroll_could_not_read(
    replay: Replay, tmp_path: Path, words: list[str], said: str
) -> None:
    out = tmp_path / "nodes.csv"
    told = refused(CliRunner().invoke(discover, [replay.url, "-o", str(out), *words]))
    assert said in told
    assert "hunter2" not in told, "it may be the password itself"
    assert not replay.requests
    assert not out.exists()


@first
def test_discover_refuses_a_role_of_the_manifest_that_is_no_profile(replay: Replay, tmp_path: Path) -> None:
    manifest = tmp_path / "rack7.yaml"
    manifest.write_text("credential: env:R\nmachines:\n  - {name: a, serial: F54P1G3, role: no-such-profile}\n")
    words = [replay.url, "--expected", str(manifest), "-o", str(tmp_path / "nodes.csv")]
    assert "no-such-profile" in refused(CliRunner().invoke(discover, words))
    assert not replay.requests


@first
@pytest.mark.parametrize("reference", ["env:NOT_SET_HERE", "file:{0}/none.json#rack1", "file:{0}/broken.json#rack1"])
def test_discover_refuses_a_credential_that_cannot_be_read_here(replay: Replay, tmp_path: Path, reference: str) -> None:
    (tmp_path / "broken.json").write_text("{")
    out, named = tmp_path / "nodes.csv", reference.format(tmp_path)
    told = refused(CliRunner().invoke(discover, [replay.url, "-o", str(out), "--credential", named]))
    assert named.partition(":")[2].partition("#")[0] in told
    assert not replay.requests
    assert not out.exists()


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be scanned; nothing is."""
    found: list[Any] = []
    monkeypatch.setattr(_discover, "scan", lambda wish: found.append(wish) or iter(()))
    return found


@asked
@pytest.mark.parametrize(
    "targets", [["10.0.0.0/15"], ["10.0.0.0/16", "10.2.0.0/24"], ["10.0.0.0-10.1.0.5"], ["fd00::/108"]]
)
def test_more_than_a_16_is_not_scanned_without_a_terminal_or_a_yes(scans: list[Any], targets: list[str]) -> None:
    told = refused(CliRunner().invoke(discover, targets))
    assert scans == []
    assert "--yes" in told
    assert "more than a /16" in told


def test_yes_scans_it(scans: list[Any]) -> None:
    assert CliRunner().invoke(discover, ["10.0.0.0/15", "--yes"]).exit_code == 0
    assert len(scans) == 1


@pytest.mark.parametrize(
    "targets", [["10.0.0.0/16"], ["10.0.0.0/15", "--exclude", "10.1.0.0/16"], ["10.0.0.0/16", "10.0.7.0/24"]]
)
def test_a_16_is_scanned_unasked_and_what_is_left_alone_or_named_twice_is_not_counted(
    scans: list[Any], targets: list[str]
) -> None:
    assert CliRunner().invoke(discover, targets).exit_code == 0
    assert len(scans) == 1


@pytest.mark.parametrize(("answer", "scanned"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_at_a_terminal_a_person_is_asked(
    scans: list[Any], monkeypatch: pytest.MonkeyPatch, answer: str, scanned: int
) -> None:
    monkeypatch.setattr("metalctl.cli._discover_checks._is_terminal", lambda: True)
    done = CliRunner().invoke(discover, ["10.0.0.0/15"], input=answer)
    assert len(scans) == scanned
    assert "131 070 addresses" in done.output
    assert (done.exit_code == 0) is bool(scanned)


@pytest.mark.truth("A11", "what is to be left alone is not asked")
def test_an_excluded_network_is_left_alone_with_its_first_and_last_address() -> None:
    targets = parse_targets(["10.0.0.0/23"], ["10.0.1.0/24"])
    assert [str(t) for t in targets if str(t).startswith("10.0.1.")] == []
    assert targets.addresses == len(list(targets)) == 255


@first
@pytest.mark.parametrize(
    ("row", "said"),
    [("n1,{url},env:NOT_SET_HERE,compute", "NOT_SET_HERE"), ("n1,{url},{secret},no-such-profile", "no-such-profile")],
)
def test_enroll_looks_at_its_rows_before_it_asks_who_answers(
    replay: Replay, tmp_path: Path, row: str, said: str
) -> None:
    nodes, manifest = tmp_path / "nodes.csv", tmp_path / "rack7.yaml"
    nodes.write_text("name,bmc,credential,profile\n" + row.format(url=replay.url, secret=secret(tmp_path)) + "\n")
    manifest.write_text("credential: env:R\nmachines:\n  - {name: n1, serial: F54P1G3, address: 127.0.0.1}\n")
    words = [str(nodes), "--expected", str(manifest), "--state-dir", str(tmp_path / "state")]
    assert said in refused(CliRunner().invoke(enroll, words))
    assert not replay.requests


@first
@pytest.mark.parametrize(
    "words",
    [["media", "insert", "--image", "rescue.iso"], ["media", "insert", "--image", "/srv/rescue.iso"],
     ["record", "-o", "/no/such/folder/x.tar.gz"], ["probe", "--profile", "/no/such/profile.json"]],
    ids=" ".join,
)  # fmt: skip
def test_a_command_to_a_bmc_looks_at_its_arguments_before_it_logs_in(
    replay: Replay, tmp_path: Path, words: list[str]
) -> None:
    place = [replay.url, "--credential", secret(tmp_path), "--state-dir", str(tmp_path / "state")]
    at = 2 if words[0] == "media" else 1
    done = CliRunner().invoke(bmc, [*words[:at], *place, *words[at:]])
    assert done.exit_code == 2, refused(done)
    assert not replay.requests
