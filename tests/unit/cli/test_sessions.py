"""Commands beside all that they print, as a technician sees it at 80 columns: tests/unit/cli/sessions/*.txt.

Each file is a session on the store of recorded.py: a line `$ metalctl …`, then stdout and stderr, then the exit code
unless it is 0. Paths, times and identifiers are scrubbed. To write the files anew, and then read the diff yourself:

    METALCTL_UPDATE=1 pytest tests/unit/cli/test_sessions.py
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from metalctl.cli import _lab_hint
from metalctl.cli.main import run
from tests.unit.cli import recorded

SESSIONS = sorted((Path(__file__).parent / "sessions").glob("*.txt"))
COLUMNS = 80


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded.make(tmp_path_factory.mktemp("store") / "state").path


@pytest.fixture(autouse=True)
def _surroundings(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("METALCTL_STATE", str(state))
    monkeypatch.delenv("METALCTL_CONFIG", raising=False)
    monkeypatch.setattr(_lab_hint, "_NAMESPACES", tmp_path)
    monkeypatch.chdir(tmp_path)


def scrubbed(text: str, state: Path) -> str:
    """Without what another run says otherwise; every replacement is as long as what it replaces, where columns are."""
    home = str(Path(__file__).parents[3])
    text = text.replace(str(state), "STATE").replace(home, "HOME").replace(str(Path.cwd()), "HERE")
    text = re.sub(r"\b[0-9a-f]{64}\b", "0" * 64, text)
    text = re.sub(r"\d{8}-\d{6}-[0-9a-f]{4}", "20260105-090000-abcd", text)
    text = re.sub(r"(?<![\w:])\d?\d:\d\d(:\d\d)?(?![\w:])", lambda m: re.sub(r"\d", "0", m[0]), text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def played(commands: Iterator[str], state: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The session as it is now."""
    told = []
    for command in commands:
        code = run(shlex.split(command)[1:])
        output = capsys.readouterr()
        text = scrubbed(output.out + output.err, state)
        told.append("\n".join(part for part in (f"$ {command}", text, f"[exit {code}]" if code else "") if part))
    return "\n\n".join(told) + "\n"


@pytest.mark.parametrize("file", SESSIONS, ids=lambda file: file.stem)
def test_a_session_says_what_it_said(file: Path, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = file.read_text()
    now = played((line[2:] for line in wanted.splitlines() if line.startswith("$ ")), state, capsys)
    if os.environ.get("METALCTL_UPDATE"):
        file.write_text(now)
    assert file.read_text() == now, "read the difference; where it is meant: METALCTL_UPDATE=1 pytest " + __file__


@pytest.mark.parametrize("file", SESSIONS, ids=lambda file: file.stem)
def test_no_line_is_wider_than_the_terminal(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert any(line.startswith("$ metalctl ") for line in lines)
    # A path alone is as wide as it is: no word is cut. Errors are folded on a terminal only.
    wide = [
        line
        for line in lines
        if len(line) > COLUMNS and len(line.split()) > 2 and not line.startswith(("$ ", "metalctl: "))
    ]
    assert wide == []
