"""What holds for all tests of the project."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """The marker of tests that hold a kind of untruth (docs/reference/truth.md)."""
    config.addinivalue_line("markers", "truth(item, kind): the issue's line and the kind of untruth that turns it red")
