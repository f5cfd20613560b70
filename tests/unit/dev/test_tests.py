"""No test hides: each is collected, in a folder that ./dev runs, and calls programs by name and not by their place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from metalctl.content import host

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests"
PLACE = re.compile(r"(?<![\w.}])/(?:usr/)?(?:local/)?s?bin/[\w.+-]+")
# Of every Debian, or not of this machine: the shell, the Python that makes virtual environments, a node's own tools.
PLACED = {"/bin/sh", "/usr/bin/python3", "/usr/sbin/nologin", "/usr/sbin/policy-rc.d"}
OWN = ("tests/programs.py", "tests/unit/dev/", "tests/unit/content/test_programs.py")
NODE = ("metalctl/node", "tests/unit/node", "tests/unit/boot_build")


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_a_function_called_test_is_one_that_pytest_collects() -> None:
    """A helper module's or a nested test_… is never run, and nobody would miss it."""
    for name, module in sources("tests"):
        collected = {id(node) for node in module.body}
        for node in module.body:
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
                collected |= {id(inner) for inner in node.body}
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                assert id(node) in collected, f"{name}: {node.name} is nested, or in a class not called Test…"
                assert Path(name).name.startswith("test_"), f"{name}: {node.name} is in a file not called test_….py"


def test_no_file_keeps_tests_from_being_collected() -> None:
    hiding = re.compile(r"^\s*(collect_ignore(_glob)?|__test__) ?=|def pytest_ignore_collect|norecursedirs", re.M)
    files = {*TESTS.rglob("*.py"), ROOT / "pyproject.toml"} - {Path(__file__)}
    assert [path for path in files if hiding.search(path.read_text())] == []


def test_every_folder_with_tests_is_one_that_dev_runs() -> None:
    dev = (ROOT / "dev").read_text()
    everyday = set(re.findall(r"tests/([\w/]+)", dev[dev.index("run_tests() {") : dev.index("# Suites that are")]))
    long = {
        name.replace("-", "_")
        for name in re.findall(r"^    ([\w| -]+)\) \"\$venv/bin/pytest\"", dev, re.M)[0].split(" | ")
    }
    assert {"unit", "integration", "e2e"} <= everyday
    assert {"faults", "fleet", "full_size"} <= long
    for file in TESTS.rglob("test_*.py"):
        assert file.relative_to(TESTS).parts[0] in everyday | long, f"{file}: ./dev runs no tests there"


def literals(*folders: str) -> Iterator[tuple[str, str]]:
    """(file:line, text) of the strings in the sources, without these tests' own."""
    for name, module in sources(*folders):
        if not name.startswith(OWN):
            for node in ast.walk(module):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{name}:{node.lineno}", node.value


def test_no_program_is_called_by_its_place() -> None:
    """A place goes by PATH, on which ./dev puts the declared programs alone."""
    found = [
        f"{where}: {place}"
        for where, text in literals("metalctl", "bench", "tests")
        if not where.startswith(NODE)
        for place in PLACE.findall(text)
        if place not in PLACED
    ]
    assert found == []


@pytest.mark.truth("0", "what PATH does not hold is not found: not by the emulated rack, and not by the builder")
def test_nobody_makes_a_path_of_the_system_s_folders() -> None:
    """Nor adds one to PATH: metalctl.content.programs knows where system programs are."""
    folder = re.compile(r":/(?:usr/)?(?:local/)?s?bin\b(?!/\w)|/(?:usr/)?(?:local/)?s?bin:|^/(?:usr/)?(?:local/)?sbin$")
    assert [where for where, text in literals("metalctl", "bench", "tests") if folder.search(text)] == []


def test_every_section_is_told_by_doctor() -> None:
    lines = (ROOT / host.LIST).read_text().splitlines()
    assert [line.strip("[]") for line in lines if line.startswith("[")] == ["base", *host.PURPOSES]
