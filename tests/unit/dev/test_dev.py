"""What ./dev hands to the test runner: the programs of the declared packages, and the file of what did not run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STUB = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
echo "PATH=$PATH" >>"$CALLS"
"""


class Checkout:
    """./dev in a folder of its own whose virtual environment is made of stubs; `packages`: its host-packages.txt."""

    def __init__(self, folder: Path, packages: str) -> None:
        self.folder = folder
        for name in ("dev", "tests/programs.py", "pyproject.toml", "constraints.txt"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, folder / name)
        (folder / "pxe").mkdir()
        (folder / "pxe/host-packages.txt").write_text(packages)
        (folder / ".venv/bin").mkdir(parents=True)
        for name in ("pytest", "ruff", "mypy", "lint-imports", "python", "mkdocs", "metalctl"):
            (folder / ".venv/bin" / name).write_text(STUB)
            (folder / ".venv/bin" / name).chmod(0o755)
        text = b"".join((folder / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
        (folder / ".venv/.stamp").write_text(hashlib.sha256(text).hexdigest()[:16] + "\n")

    def run(self, *words: str, code: int = 0) -> list[str]:
        """The lines that the stubs wrote."""
        calls = self.folder / "calls"
        calls.unlink(missing_ok=True)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "CALLS": str(calls)}
        done = subprocess.run([self.folder / "dev", *words], env=environment, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return calls.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """All its packages are there on any Debian, and none of them brings git."""
    if shutil.which("dpkg-query") is None:
        pytest.skip("this is no Debian")
    return Checkout(tmp_path, "".join(f"[{name}]\ngrep\n" for name in ("base", "serve", "lab", "unit", "test")))


@pytest.mark.truth(
    "0", "the tests see the programs of declared packages only, so that one that nobody declared is missing"
)
@pytest.mark.parametrize("words", ["unit", "test", "test faults", "lint", "bench bmc", "docs", "truth"])
def test_nothing_undeclared_is_on_path(checkout: Checkout, words: str) -> None:
    paths = {line.removeprefix("PATH=") for line in checkout.run(*words.split()) if line.startswith("PATH=")}
    assert paths
    for path in paths:
        assert shutil.which("grep", path=path)
        assert shutil.which("git", path=path) is None, f"git is in no declared package here, and on {path}"


def test_all_runs_of_one_command_write_what_did_not_run_to_one_file(checkout: Checkout) -> None:
    runs = [line.split() for line in checkout.run("test") if line.startswith("pytest ")]
    assert len(runs) == 2
    (file,) = {words[words.index("--skips-file") + 1] for words in runs}
    assert not Path(file).exists(), "it is removed at the end"


def test_a_red_first_run_hides_neither_itself_nor_the_second(checkout: Checkout) -> None:
    pytest_stub = checkout.folder / ".venv/bin/pytest"
    pytest_stub.write_text(STUB + 'case "$*" in *bmc*-n*) exit 1;; esac\n')
    assert len([line for line in checkout.run("test", code=1) if line.startswith("pytest ")]) == 2
    pytest_stub.write_text(STUB + 'case "$*" in *e2e*) exit 1;; esac\n')
    checkout.run("test", code=1)
    pytest_stub.write_text(STUB + "exit 2\n")
    assert len([line for line in checkout.run("test", code=2) if line.startswith("pytest ")]) == 1, "interrupted"


def test_what_tests_look_into_is_built_before_them(checkout: Checkout) -> None:
    calls = [line for line in checkout.run("test") if not line.startswith("PATH=")]
    assert calls.index("metalctl image build") < min(i for i, line in enumerate(calls) if line.startswith("pytest "))


def test_the_demo_ends_with_how_to_look_and_its_pages_are_served(checkout: Checkout) -> None:
    program = checkout.folder / ".venv/bin/metalctl"
    program.write_text(STUB + 'case "$1" in serve) echo "pages on http://127.0.0.1:8780";; esac\n')
    told = subprocess.run(
        [checkout.folder / "dev", "demo"],
        env={"PATH": os.environ["PATH"], "HOME": str(checkout.folder), "CALLS": str(checkout.folder / "calls")},
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    ending = told.partition("The rack is up.")[2]
    assert "lab exec --name demo" in ending
    assert "metalctl show cmp1" in ending
    assert "http://127.0.0.1:8780" in ending
    assert "lab down --name demo" in ending
    assert "metalctl serve --pages --config" in (checkout.folder / "calls").read_text()
