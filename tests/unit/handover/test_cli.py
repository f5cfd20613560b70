"""`metalctl handover` and `metalctl report`, run as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metalctl.cli.main import run

DATA = Path(__file__).parents[1] / "report" / "data"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALCTL_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def test_report_of_a_file_needs_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--from", str(DATA / "accepted.json"), "-o", "out"]) == 0
    out = capsys.readouterr().out
    assert "compute-01: accepted" in out
    assert (tmp_path / "out" / "compute-01.html").exists()
    assert not (tmp_path / "state").exists()


def test_report_of_a_failed_node_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--json", "--from", str(DATA / "failed.json"), "-o", "out"]) == 1
    assert json.loads(capsys.readouterr().out)["states"] == {"storage-02": "failed"}


def test_report_of_an_undecided_node_is_not_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--from", str(DATA / "undecided.json"), "-o", "out"]) == 3


def test_report_of_a_batch_that_is_not_there_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--batch", "20260101-000000-abcd"]) == 2
    assert "20260101-000000-abcd" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stated", "more", "said"),
    [("false", [], "false"), ("true", ["--bmc-ca", "none"], "false"), ("/ca.pem", [], "/ca.pem"),
     ("false", ["--bmc-ca", "/x"], "/x")],
)  # fmt: skip
def test_the_settings_say_whether_ironic_verifies_bmcs_unless_the_command_does(
    stated: str, more: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "m.yaml"
    settings.write_text(f"ironic: {{url: 'http://127.0.0.1:1', bmc_verify: {stated}}}\n")
    words = ["handover", "ironic", "--from", str(DATA / "accepted.json"), "--dry-run", "--config", str(settings)]
    assert run([*words, *more]) == 0
    assert f"redfish_verify_ca: {said}\n" in capsys.readouterr().out


def test_report_without_a_node_or_with_a_broken_file_is_a_usage_error(tmp_path: Path) -> None:
    assert run(["report"]) == 2
    (tmp_path / "x.json").write_text("{")
    assert run(["report", "--from", "x.json"]) == 2
    assert run(["report", "other", "--from", str(DATA / "failed.json")]) == 2


def test_verify_says_yes_no_and_what_is_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from metalctl.report import read_dossiers, write_certificate
    from metalctl.report.keys import load_or_create_key

    key = load_or_create_key(tmp_path / "a.pem")
    load_or_create_key(tmp_path / "b.pem")
    path = write_certificate(read_dossiers(DATA / "waived.json")[0], key, tmp_path).path
    assert run(["report", "verify", path, "--key", "a.pub"]) == 0
    said = capsys.readouterr().out
    assert "storage-01: WARNED, signature good" in said
    assert "waived or warned: check.hdd-seqwrite" in said
    assert run(["report", "verify", path, "--key", "b.pub"]) == 1
    assert run(["report", "verify", "a.pub", "--key", "a.pub"]) == 2


def test_handover_of_a_file_writes_and_reads_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["handover", "kolla", "--from", str(DATA / "accepted.json"), "-o", "cloud", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {f["verdict"] for f in told["findings"]} == {"PASS"}
    assert (tmp_path / "cloud" / "kolla" / "multinode").exists()


def test_handover_check_finds_a_change_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["handover", "kolla", "--from", str(DATA / "accepted.json"), "-o", "cloud"]
    assert run(arguments) == 0
    file = tmp_path / "cloud" / "kolla" / "host_vars" / "compute-01.yml"
    file.write_text(file.read_text().replace("10.30.0.11", "10.30.0.99"))
    capsys.readouterr()
    assert run([*arguments, "--check"]) == 1
    assert "expected 10.30.0.11, got 10.30.0.99" in capsys.readouterr().out


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["handover", "cephadm", "--from", str(DATA / "waived.json"), "-o", "cloud", "--dry-run"]) == 0
    assert "service_type: osd" in capsys.readouterr().out
    assert not (tmp_path / "cloud").exists()


def test_a_node_that_was_not_accepted_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["handover", "kolla", "storage-02", "--from", str(DATA / "failed.json"), "-o", "cloud"]) == 2
    assert "has not passed the stage `accepted`" in capsys.readouterr().err
    assert run(["handover", "kolla", "--from", str(DATA / "failed.json"), "-o", "cloud"]) == 2


def test_an_unknown_target_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["handover", "nova", "--from", str(DATA / "accepted.json")]) == 2
    assert "cephadm, ironic, kolla" in capsys.readouterr().err
