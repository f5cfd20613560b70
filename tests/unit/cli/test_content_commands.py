"""`profile`, `check` and `doctor` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metalctl.cli.main import run
from metalctl.content import host
from metalctl.model.verdict import Verdict

Out = pytest.CaptureFixture[str]


def test_profile_check_says_good_or_every_mistake(tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("extends: compute\nrequires:\n  cpu: {corse: 3}\n")
    assert run(["profile", "check", "storage", str(file)]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["storage: good", f'{file}:3:9: requires.cpu: no key is called "corse"', "  → did you mean cores?"]
    assert run(["profile", "check", "storage"]) == 0


def test_profile_check_json_is_a_list(tmp_path: Path, capsys: Out) -> None:
    assert run(["profile", "check", "nonesuch", "--json"]) == 2
    assert "no profile is called" in json.loads(capsys.readouterr().out)[0]["message"]
    assert run(["profile", "check", "compute", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_profile_list_goes_on_after_a_broken_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "broken.yaml").write_text("role: x\n")
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path))
    assert run(["profile", "list"]) == 2
    told = capsys.readouterr()
    assert "broken" in told.out
    assert "Ceph OSD host" in told.out
    assert "profile check" in told.err


def test_profile_show_tells_the_profile_after_extends(capsys: Out) -> None:
    assert run(["profile", "show", "lab/storage"]) == 0
    text = capsys.readouterr().out
    assert "osd: >= 3 × hdd of >= 2 GiB" in text
    assert run(["profile", "show", "lab/storage", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["requires"]["disks"][1]["count"]["low"] == 3


def test_check_show_prints_the_manual_or_suggests(capsys: Out) -> None:
    assert run(["check", "show", "wal-fsync"]) == 0
    assert "min_iops (required)" in capsys.readouterr().out
    assert run(["check", "show", "wal-fsyn"]) == 2
    assert "did you mean wal-fsync?" in capsys.readouterr().err
    assert run(["check", "list", "--json"]) == 0
    assert "wal-fsync" in [c["name"] for c in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.PASS, 0), (Verdict.FAIL, 3), (Verdict.UNKNOWN, 3)])
def test_doctor_fails_on_what_lacks_and_on_what_it_cannot_tell(
    verdict: Verdict, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setattr(host, "examine", lambda _: [host.Look("x", verdict, "got", "mend it")])
    assert run(["doctor"]) == code
    assert "mend it" in capsys.readouterr().out
    assert run(["doctor", "--json"]) == code
    assert json.loads(capsys.readouterr().out)[0]["mend"] == "mend it"


def test_doctor_prints_the_names_of_packages(capsys: Out) -> None:
    assert run(["doctor", "--packages", "lab"]) == 0
    assert capsys.readouterr().out.split() == host.packages("lab")


@pytest.mark.parametrize("name", ["compute", "storage", "lab/controller"])
def test_a_profile_is_shown_in_80_columns_without_json(name: str, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["profile", "show", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("  firmware") or "checks" in line for line in lines)
    assert [line for line in lines if len(line) > 80 and len(line.split()) > 2] == []
    assert not any("{" in line for line in lines)
