"""What did not run is told at the end of every run, numbered, and is on the allowed list, or the run is red.

Counted are tests and files that skip, tests that are expected to fail (one that then passes is red: its mark is stale),
and tests that were deselected without anybody asking for it. The list is tests/allowed_skips.toml. `--skips-file`: what
earlier runs of the same `./dev` did not run; the list at the end goes on with their numbers.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import captures

LIST = Path(__file__).with_name("allowed_skips.toml")
ASKED = ("keyword", "markexpr", "deselect", "lf", "last_failed", "stepwise")
"""Options of pytest by which a person leaves tests out."""


def _no_loops() -> bool:
    try:
        os.close(os.open("/dev/loop-control", os.O_RDWR))
    except OSError:
        return True
    return False


CONDITIONS: Mapping[str, Callable[[], bool]] = {
    "always": lambda: True,
    "not root": lambda: os.geteuid() != 0,
    "no loop devices": _no_loops,
    # The kernel gives the machine's own namespace of processes this number.
    "in a container": lambda: os.readlink("/proc/self/ns/pid") != "pid:[4026531836]",
    "no captures": lambda: not captures.FOLDER.is_dir(),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry of the list: patterns of the test's id and of the reason (`*` is any text), and why it may be."""

    test: str
    reason: str
    why: str
    when: str = "always"

    def covers(self, skip: Skip) -> bool:
        """Whether it allows this skip, here and now."""
        return _like(self.test, skip.test) and _like(self.reason, skip.reason) and CONDITIONS[self.when]()


@dataclass(frozen=True, slots=True)
class Skip:
    """A test (or file) that did not run, or whose failure was expected. why: what allows it, "" when nothing does."""

    test: str
    reason: str
    why: str = ""


def _like(pattern: str, text: str) -> bool:
    """As fnmatch, where only `*` is special: test ids hold brackets."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def load(path: Path = LIST) -> list[Allowed]:
    """The allowed list."""
    return [Allowed(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", [])]


class Skips:
    """The pytest plugin; tests/conftest.py registers it. `config`: pytest's. `allowed`: see `load`."""

    def __init__(self, config: pytest.Config, allowed: list[Allowed]) -> None:
        self._config, self._allowed = config, allowed
        self._found: dict[str, Skip] = {}
        self._files: dict[str, str] = {}
        self._stale: list[str] = []
        self._deselected = 0

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test's phase has ended."""
        expected = getattr(report, "wasxfail", None)
        if expected is not None and report.passed:
            self._stale.append(report.nodeid)
        elif report.skipped:
            reason = f"expected to fail: {expected}" if expected is not None else _reason(report)
            self._add(report.nodeid, reason)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file has been read. Under xdist the workers tell what they met: xdist shows equal reasons only once."""
        if report.skipped:
            self._files[report.nodeid] = _reason(report)

    @pytest.hookimpl
    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Tests were left out."""
        self._deselected += len(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of xdist has ended."""
        told = getattr(node, "workeroutput", {}).get("not run", {})
        self._files |= told.get("files", {})
        self._deselected = max(self._deselected, told.get("deselected", 0))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge; a run that was red stays as it was."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["not run"] = {"files": self._files, "deselected": self._deselected}
            return
        for test, reason in self._files.items():
            self._add(test, reason)
        if self._faults() and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the list; workers have a terminal too, that nobody sees."""
        if hasattr(self._config, "workeroutput"):
            return
        earlier = self._earlier()
        for line in told([*earlier, *self._found.values()], self._deselected):
            terminalreporter.write_line(line)
        for line in self._faults():
            terminalreporter.write_line(f"RED: {line}", red=True)

    def _add(self, test: str, reason: str) -> None:
        skip = Skip(test, reason)
        why = next((entry.why for entry in self._allowed if entry.covers(skip)), "")
        self._found[test] = Skip(test, reason, why)

    def _faults(self) -> list[str]:
        bare = sum(not skip.why for skip in self._found.values())
        found = [f"{bare} of these may not be left out: mend them, or argue them in tests/{LIST.name}"] if bare else []
        found += [f"{test}: marked as expected to fail, and it passes" for test in self._stale]
        if self._deselected and not any(self._config.getoption(name, None) for name in ASKED):
            found.append(f"{self._deselected} tests were deselected, and nobody asked for it")
        return found

    def _earlier(self) -> list[Skip]:
        """Those of earlier runs; adds ours for the next."""
        if not (name := self._config.getoption("--skips-file")):
            return []
        path = Path(name)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(skip)) + "\n" for skip in self._found.values())
        return [Skip(**json.loads(line)) for line in lines]


def told(skips: Iterable[Skip], deselected: int) -> Iterator[str]:
    """The lines of the list: number, name, reason, and why it may be."""
    skips = list(skips)
    yield f"did not run: {len(skips)}"
    for number, skip in enumerate(skips, 1):
        yield f"{number:4}. {skip.test}: {skip.reason}"
        yield f"      {f'allowed: {skip.why}' if skip.why else 'NOT ALLOWED'}"
    if deselected:
        yield f"left out by the options of this run: {deselected}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, (tuple, list)) else str(report.longrepr)
    return str(text).removeprefix("Skipped: ")
