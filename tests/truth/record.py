"""Pytest plugin: what came of each test that is marked `truth`, as JSON lines. `-p tests.truth.record`.

One file a process, $METALCTL_TRUTH.WORKER. A line is of a test's phase (test, marks, outcome, error) or of a file that
cannot be read (file, error). An error is its type and first line, as Python says it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "METALCTL_TRUTH"


def _write(**facts: Any) -> None:
    path = Path(f"{os.environ[VARIABLE]}.{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\n")


def pytest_configure() -> None:
    """The code that is tested is that of the tree in which the run was started, and no other's."""
    import metalctl

    place = Path(metalctl.__file__).resolve()
    if not place.is_relative_to(Path.cwd().resolve()):
        raise pytest.UsageError(f"metalctl is imported from {place}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Iterator[None]:  # a wrapper gives back what it was sent
    """A phase of a test has ended."""
    report: pytest.TestReport = yield  # type: ignore[assignment, misc]
    marks = [list(map(str, mark.args)) for mark in item.iter_markers("truth")]
    if marks:
        error = call.excinfo.exconly() if call.excinfo else ""
        _write(test=item.nodeid, marks=marks, when=report.when, outcome=report.outcome, error=error)
    return report  # type: ignore[return-value]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where tests are only collected: all that are marked."""
    if session.config.getoption("collectonly"):
        for item in session.items:
            if marks := [list(map(str, mark.args)) for mark in item.iter_markers("truth")]:
                _write(test=item.nodeid, marks=marks, when="collected", outcome="collected", error="")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file has been read."""
    if report.failed:
        told = [line[2:].strip() for line in report.longreprtext.splitlines() if line.startswith("E ")]
        _write(file=report.nodeid, error=told[-1] if told else report.longreprtext.strip().splitlines()[-1])
