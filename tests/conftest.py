"""What holds for all tests of the project."""

from __future__ import annotations

import pytest

from tests.skips import Skips, load


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where runs that belong together keep what they skipped."""
    parser.addoption("--skips-file", default="", help="a file that gathers the skips of several runs")


def pytest_configure(config: pytest.Config) -> None:
    """The marker of tests that hold a kind of untruth (docs/reference/truth.md), and the judge of what did not run."""
    config.addinivalue_line("markers", "truth(item, kind): the issue's line and the kind of untruth that turns it red")
    config.pluginmanager.register(Skips(config, load()), "not-run")
