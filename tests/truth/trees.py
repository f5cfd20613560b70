"""Two copies of the project with the tests of today: one with the code of today, one with that of the old commit.

All that is not tests/ is old in the second, content too (profiles/, pxe/, checks/), so that neither an import, nor a
subprocess, nor a path beside the tests finds anything of today. pyproject.toml is today's: it is how tests are run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import captures
from tests.truth import record

ROOT = Path(__file__).parents[2]
OLD = "6dd39f9918af64fe94a199dc8df7144176515cbf"
FOLDERS = ("tests/unit", "tests/integration", "tests/e2e")
KEPT = ("tests", "pyproject.toml", ".venv")
LEFT = shutil.ignore_patterns(".git", ".venv", ".cache", "__pycache__", ".*_cache", ".hypothesis", "site", "dist")


def today(folder: Path) -> Path:
    """The working tree as it is. What lies beside the checkout for tests to read lies beside the copy too."""
    shutil.copytree(ROOT, folder, ignore=LEFT, symlinks=True)
    (folder / ".venv").symlink_to((ROOT / ".venv").resolve())
    shared = captures.FOLDER.parent
    if shared.is_dir() and not (folder.parent / shared.name).exists():
        (folder.parent / shared.name).symlink_to(shared)
    return folder


def old(folder: Path) -> Path:
    """The old commit with the tests of today. Raises CalledProcessError where the commit is not in this clone."""
    today(folder)
    for path in folder.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    others = [f":(exclude){name}" for name in KEPT]
    packed = subprocess.run(
        ["git", "-C", ROOT, "archive", OLD, ".", *others], stdout=subprocess.PIPE, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True)
    _name_as_today(folder / "metalctl" / "engine")
    records = folder / "metalctl" / "store" / "records.py"
    records.write_text("import sys\nfrom metalctl.store import enrollments\nsys.modules[__name__] = enrollments\n")
    return folder


def _name_as_today(engine: Path) -> None:
    """The engine got rooms: its old modules answer to the names that they have now, or a test would only see that."""
    now = ROOT / "metalctl" / "engine"
    for path in (path.relative_to(now) for path in now.glob("*/**/*.py")):
        before, named = engine.joinpath(*path.parts[1:]), engine / path
        if path.name != "__init__.py" and before.exists() and not named.exists():
            for package in (engine / room for room in list(path.parents)[:-1]):
                package.mkdir(parents=True, exist_ok=True)
                (package / "__init__.py").touch()
            module = ".".join(("metalctl", "engine", *path.with_suffix("").parts[1:]))
            named.write_text(f"import importlib, sys\nsys.modules[__name__] = importlib.import_module('{module}')\n")


def run(tree: Path, where: Path, *words: str) -> tuple[list[dict[str, Any]], str]:
    """What pytest recorded in that tree (see record.py), and the end of what it printed."""
    where.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tree), record.VARIABLE: str(where / "of")}
    environment |= {"METALCTL_CONTENT": "", "PYTHONHASHSEED": "0"}
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "truth", "-p", "tests.truth.record", "-p", "no:cacheprovider"]
    argv += ["--continue-on-collection-errors", "--tb=no", *words]
    done = subprocess.run(argv, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = [line for file in sorted(where.iterdir()) for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines], done.stdout[-4000:]
