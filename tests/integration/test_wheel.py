"""The wheel, alone in a clean virtual environment, away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(900)

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a program of the clean environment, in an empty directory with an empty environment; its output."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = {**os.environ, "PIP_CONSTRAINT": ""}
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, text=True, env=environment)
    (wheel,) = folder.glob("metalctl-*.whl")
    subprocess.run(["/usr/bin/python3", "-m", "venv", folder / "venv"], check=True)
    pip = [
        folder / "venv/bin/pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-c",
        ROOT / "constraints.txt",
        wheel,
    ]
    subprocess.run(pip, check=True, capture_output=True, text=True)
    away = folder / "away"
    away.mkdir()
    clean = {"HOME": str(away), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def run(program: str, *words: str) -> str:
        done = subprocess.run(
            [folder / "venv/bin" / program, *words], cwd=away, env=clean, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_it_shows_its_help(run: Run) -> None:
    assert "enroll" in run("metalctl", "--help")


def test_a_link_to_its_program_is_enough(run: Run, tmp_path: Path) -> None:
    """As pipx installs it: a virtual environment of its own, and a link to the program in a folder on PATH."""
    home = run("python", "-c", "import sys; print(sys.prefix)").strip()
    (tmp_path / "metalctl").symlink_to(Path(home, "bin", "metalctl"))
    clean = {"HOME": str(tmp_path), "PATH": os.pathsep.join([str(tmp_path), os.environ["PATH"]]), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["sh", "-c", "metalctl check list"], env=clean, cwd="/", capture_output=True, text=True)
    assert "kvm-guest" in done.stdout, done.stderr


def test_it_finds_its_profiles(run: Run) -> None:
    listed = run("metalctl", "profile", "list", "--json")
    assert {"controller", "compute", "storage", "lab/compute"} <= {p["name"] for p in json.loads(listed)}


def test_it_finds_its_checks(run: Run) -> None:
    assert "kvm-guest" in run("metalctl", "check", "list")


@pytest.mark.parametrize(
    "content",
    ["pxe/ramdisk", "pxe/images/debian-12/seed", "pxe/ipxe", "pxe/dnsmasq", "reports/node.html.j2", "checks/bond.py"],
)
def test_it_finds_its_templates_and_recipes(content: str, run: Run) -> None:
    found = run("python", "-c", f"from metalctl.content.paths import find; print(find({content!r}))")
    assert "site-packages" in found


def test_it_makes_the_bundle_that_travels_to_nodes(run: Run) -> None:
    program = (
        "import io, tarfile; from metalctl.engine.durability import bundle; "
        "print('\\n'.join(tarfile.open(fileobj=io.BytesIO(bundle.build()[1])).getnames()))"
    )
    names = run("python", "-c", program).splitlines()
    for wanted in (
        "metalctl/node/__main__.py",
        "metalctl/model/run.py",
        "checks/bond.py",
        "py.py",
        "pyroute2/__init__.py",
    ):
        assert wanted in names
    assert not any(n.startswith(("metalctl/engine", "metalctl/bmc")) for n in names)


def test_it_knows_what_nobody_burned_in(run: Run) -> None:
    code = "from metalctl.model.identity import usable_serial; print(repr(usable_serial('Default string')))"
    assert run("python", "-c", code) == "''\n"
