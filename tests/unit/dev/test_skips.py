"""What does not run is told, numbered, and is on the allowed list, or the run is red. The runs here are real ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import skips

ROOT = Path(__file__).parents[3]
CONFTEST = """
import sys
sys.path.insert(0, {root!r})
from tests.skips import Allowed, Skips
def pytest_addoption(parser):
    parser.addoption("--skips-file", default="")
def pytest_configure(config):
    allowed = [Allowed("test_a.py::*[[]*", "no such part: *", "emulated"), Allowed("test_b.py", "*", "has a file")]
    config.pluginmanager.register(Skips(config, allowed), "not-run")
"""


def run(folder: Path, body: str, *words: str, more: str = "") -> tuple[int, str]:
    """Exit code and output of pytest over a file test_a.py of that body."""
    (folder / "conftest.py").write_text(CONFTEST.format(root=str(ROOT)) + more)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_a.py").write_text(f"import pytest\n{body}\n")
    workers = ("-p", "xdist") if "-n" in words else ()
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, *words]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=280)
    return done.returncode, done.stdout + done.stderr


GOOD = "def test_good(): pass\n"
PART = GOOD + '@pytest.mark.parametrize("n", [1, 2])\ndef test_part(n): pytest.skip("no such part: fan")\n'


@pytest.mark.parametrize("words", [("-p", "no:xdist"), ("-n", "2")], ids=["alone", "with workers"])
def test_an_allowed_skip_is_told_and_another_is_red(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, told = run(tmp_path, PART, *words)
    assert code == 1, "the pattern has a bracket more than the ids"
    assert "did not run: 2" in told
    (tmp_path / "sub").mkdir()
    code, told = run(
        tmp_path / "sub",
        PART,
        *words,
        more='    allowed[0] = Allowed("test_a.py::test_part[*]", "no such part: *", "x")',
    )
    assert (code, told.count("allowed: x")) == (0, 2), told


WHATEVER = (
    ("def test_x(): pytest.skip('tcpdump is not installed')", "::test_x: tcpdump is not installed"),
    ("@pytest.mark.skip\ndef test_x(): pass", "::test_x: unconditional skip"),
    ("@pytest.mark.parametrize('n', [])\ndef test_x(n): pass", "::test_x"),
    ("pytest.importorskip('nowhere_at_all')", ": could not import 'nowhere_at_all'"),
    ("pytest.importorskip('nowhere_at_all')", ": could not import 'nowhere_at_all'"),
    ("@pytest.fixture\ndef f(): pytest.skip('no rack')\ndef test_x(f): pass", "::test_x: no rack"),
    ("from unittest import *\nclass T(TestCase):\n def test_x(self): self.skipTest('no')", "::T::test_x: no"),
    ("@pytest.mark.xfail(reason='later')\ndef test_x(): assert 0", "::test_x: expected to fail: later"),
)


@pytest.mark.parametrize("words", [("-p", "no:xdist"), ("-n", "2")], ids=["alone", "with workers"])
def test_whatever_keeps_a_test_from_running_is_told_and_red(tmp_path: Path, words: tuple[str, ...]) -> None:
    for number, (body, _) in enumerate(WHATEVER):
        (tmp_path / f"test_w{number}.py").write_text(f"import pytest\n{body}\n")
    code, told = run(tmp_path, GOOD, *words)
    assert code == 1
    listed = [line.partition(". ")[2] for line in told.splitlines() if re.match(r" +\d+\. ", line)]
    for number, (_, said) in enumerate(WHATEVER):
        assert [line for line in listed if line.startswith(f"test_w{number}.py{said}")], told
    assert f"RED: {len(WHATEVER)} of these may not be left out" in told


@pytest.mark.parametrize("words", [("-p", "no:xdist"), ("-n", "2")], ids=["alone", "with workers"])
def test_an_expected_failure_that_passes_is_red(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, told = run(tmp_path, GOOD + "@pytest.mark.xfail\ndef test_x(): pass", *words)
    assert code == 1
    assert "RED: test_a.py::test_x: marked as expected to fail, and it passes" in told


@pytest.mark.parametrize("words", [("-p", "no:xdist"), ("-n", "2")], ids=["alone", "with workers"])
def test_leaving_out_is_for_who_asks(tmp_path: Path, words: tuple[str, ...]) -> None:
    two = GOOD + "def test_other(): pass\n"
    code, told = run(tmp_path, two, "-k", "good", *words)
    assert code == 0
    assert "left out by the options of this run: 1" in told
    hook = """
def pytest_collection_modifyitems(config, items):
    config.hook.pytest_deselected(items=[items.pop()])
"""
    code, told = run(tmp_path, two, *words, more=hook)
    assert code == 1
    assert "1 tests were deselected, and nobody asked for it" in told


def test_what_is_red_for_another_reason_stays_as_it_was(tmp_path: Path) -> None:
    assert run(tmp_path, "def test_x(): assert 0")[0] == 1
    assert run(tmp_path, "")[0] == pytest.ExitCode.NO_TESTS_COLLECTED
    assert run(tmp_path, GOOD, "--no-such-option")[0] == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("words", [("-p", "no:xdist"), ("-n", "2")], ids=["alone", "with workers"])
def test_the_list_of_a_second_run_goes_on_where_the_first_ended(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = str(tmp_path / "skips")
    run(tmp_path, PART, "--skips-file", file, *words)
    _, told = run(tmp_path, GOOD + "def test_y(): pytest.skip('no')", "--skips-file", file)
    assert re.findall(r"^ +(\d)\. test_a\.py::(\w+)", told, re.M) == [
        ("1", "test_part"),
        ("2", "test_part"),
        ("3", "test_y"),
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [("a*c", "abc", True), ("a*c", "abcd", False), ("t[1]", "t[1]", True), ("t[1]", "t1", False), ("*", "", True),
     ("a*", "a\nb", True), ("a.c", "abc", False)],
)  # fmt: skip
def test_only_the_star_is_special(pattern: str, text: str, fits: bool) -> None:
    assert skips._like(pattern, text) is fits


def test_an_entry_holds_only_where_its_condition_does(monkeypatch: pytest.MonkeyPatch) -> None:
    entry, skip = skips.Allowed("t", "r", "why", "not root"), skips.Skip("t", "r")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert not entry.covers(skip)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert entry.covers(skip)


def test_the_list_names_tests_and_says_why() -> None:
    for entry in skips.load():
        assert entry.when in skips.CONDITIONS, entry
        assert len(entry.reason.strip("* ")) >= 10, f"{entry}: a reason that fits all allows all"
        assert len(entry.why.split()) >= 5, entry
        assert entry.test.startswith("tests/"), entry
        folder = entry.test.partition("*")[0].partition("::")[0]
        assert (ROOT / folder).exists(), f"{entry}: no such test any more"
