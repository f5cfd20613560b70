"""Programs of the host: missing ones are named, failing ones show what they said."""

import pytest

from metalctl.boot.build import tools
from metalctl.boot.build.errors import ToolFailed, ToolMissing


def test_a_failing_program_shows_its_last_lines_and_the_hint(tmp_path):
    with pytest.raises(ToolFailed) as caught:
        tools.run(
            ["sh", "-c", "seq 100; echo no such suite >&2; exit 25"], hint="try another mirror", log=tmp_path / "log"
        )
    assert "exited with 25" in caught.value.message
    assert caught.value.message.endswith("    no such suite")
    assert "    99\n" in caught.value.message
    assert "    50\n" not in caught.value.message
    assert caught.value.hint == "try another mirror"
    assert len((tmp_path / "log").read_text().splitlines()) == 101


def test_lines_arrive_while_the_program_runs():
    lines = []
    tools.run(["sh", "-c", "echo one; echo two >&2"], on_line=lines.append)
    assert lines == ["one", "two"]


def test_missing_programs_are_named_by_package(monkeypatch, tmp_path):
    monkeypatch.setattr(tools.programs, "find", lambda name: None if name in ("mcopy", "zstd") else name)
    with pytest.raises(ToolMissing) as caught:
        tools.require("mcopy", "zstd", "sfdisk", keyring=tmp_path / "none.gpg")
    assert caught.value.hint == "apt-get install -y debian-archive-keyring mtools zstd"
