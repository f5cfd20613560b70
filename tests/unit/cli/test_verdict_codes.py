"""Each command that prints a verdict ends with its code: 0 nothing wrong, 1 FAIL, 3 UNKNOWN; in text and in JSON."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from metalctl.cli.main import run
from metalctl.model.verdict import Verdict, exit_code
from tests.unit.cli import recorded

CLI = Path(__file__).parents[3] / "metalctl" / "cli"
PASS, FAIL, UNKNOWN = 0, 1, 3


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded.make(tmp_path_factory.mktemp("store") / "state").path


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ("", PASS),
        ("PASS SKIP", PASS),
        ("SKIP", PASS),
        ("PASS UNKNOWN", UNKNOWN),
        ("UNKNOWN FAIL PASS", FAIL),
    ],
)
def test_the_code_of_several_verdicts_is_that_of_the_worst(verdicts: str, code: int) -> None:
    assert exit_code(map(Verdict, verdicts.split())) == code


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("show sto1", PASS),
        ("show sto2", FAIL),
        ("show cmp1", UNKNOWN),
        ("show cmp2", PASS),
        ("match sto1", PASS),
        ("match sto2", FAIL),
        ("match cmp1", UNKNOWN),
        ("match sto1 --profile auto", PASS),
        ("what-if sto2 --profile storage", FAIL),
        ("what-if cmp1 --profile compute", UNKNOWN),
        ("report sto2", FAIL),
        ("report cmp1", UNKNOWN),
        ("report cmp2", UNKNOWN),
        ("report --batch", FAIL),
    ],
)
def test_a_command_that_prints_a_verdict_ends_with_its_code(
    line: str, code: int, as_json: bool, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METALCTL_STATE", str(state))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run([*line.split(), *(["--json"] if as_json else [])]) == code


@pytest.mark.parametrize(("verdict", "code"), [("PASS", PASS), ("SKIP", PASS), ("FAIL", FAIL), ("UNKNOWN", UNKNOWN)])
def test_a_probe_ends_with_the_code_of_its_conformance(
    verdict: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = SimpleNamespace(verdict=verdict)
    module = importlib.import_module("metalctl.cli.bmc.probe")
    monkeypatch.setattr(module, "_probed", lambda *_: (None, told))
    monkeypatch.setattr(module, "_print", lambda *_: None)
    assert run(["bmc", "probe", "https://10.0.0.11", "--credential", "env:X"]) == code


def test_nobody_else_decides_what_a_verdict_ends_with() -> None:
    """An exit of 1 is of no verdict: a dead part of a lab, a BMC that is refused or without a quirk."""
    written = {
        str(file.relative_to(CLI))
        for file in CLI.rglob("*.py")
        if re.search(r"SystemExit\(1\)|exit\(1\)|exit_with\((1|HARDWARE)\)|return 1 if", file.read_text())
    }
    assert written == {"_docs.py", "discover.py", "inspect.py", "lab.py", "quirk.py", "report.py"}
