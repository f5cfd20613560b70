"""What PATH leaves out is not found by going around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.boot.build import tools
from metalctl.boot.build.errors import ToolMissing
from metalctl.lab.rack import command


@pytest.mark.truth("0", "what PATH does not hold is not found: not by the emulated rack, and not by the builder")
def test_a_program_beside_path_is_not_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("bin", "sbin"):
        (tmp_path / name).mkdir()
    (tmp_path / "sbin/zstd").write_text("#!/bin/sh\necho ours\n")
    (tmp_path / "sbin/zstd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    with pytest.raises(ToolMissing, match="e2fsprogs"):
        tools.require("mkfs.ext4", "zstd")
    tools.require("zstd")
    assert command.run(["zstd"]) == "ours\n"
    with pytest.raises(FileNotFoundError):
        command.run(["mkfs.ext4", "-V"])
