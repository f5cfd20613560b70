"""Which unit tests are slow: those that start the check runner, write whole images or fuzz.

`./dev unit` leaves them out, `./dev test` runs them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
SLOW = ("bmc/test_fuzz", "node/checks", "node/runner", "node/plugin", "node/pyfio", "node/install", "boot_build")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them by their folder."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
