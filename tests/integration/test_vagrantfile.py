"""The Vagrantfile is valid for the vagrant and vagrant-libvirt that Debian ships. It is not brought up here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_vagrant_finds_the_file_valid_and_a_broken_one_not(tmp_path: Path) -> None:
    if shutil.which("vagrant") is None:
        pytest.skip("vagrant is not installed: ./dev setup test")
    environment = {**os.environ, "VAGRANT_HOME": str(tmp_path / "home"), "VAGRANT_DEFAULT_PROVIDER": "libvirt"}

    def validate(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "Vagrantfile").write_text(text)
        return subprocess.run(
            ["vagrant", "validate"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )

    text = (ROOT / "Vagrantfile").read_text()
    good = validate(text)
    assert good.returncode == 0, good.stdout + good.stderr
    broken = validate(text.replace("domain.cpus = 2", "domain.cpuz = 2"))
    assert broken.returncode != 0
