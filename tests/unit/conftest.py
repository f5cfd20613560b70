"""Which unit tests are slow, what terminal they see, and how hypothesis draws: the same examples each time.

Slow are those that start the check runner or pytest, write whole images or fuzz: `./dev unit` leaves them out,
`./dev test` runs them. `--hypothesis-profile=explore` draws new examples: for whoever looks for bugs, not for CI, where
a rare one would strike in somebody else's change.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadline and no check of the drawing speed: both judge the machine.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("explore"), derandomize=True)
settings.load_profile("repeatable")

# What is printed is the same on a terminal of any width, in a job without one, and where a CI service forces colours.
for _name in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)
os.environ |= {"COLUMNS": "80", "LINES": "25"}

HERE = Path(__file__).parent
SLOW = (
    "bmc/test_fuzz",
    "node/checks",
    "node/disks/test_hygiene",
    "node/runner",
    "node/plugin",
    "node/pyfio",
    "node/install",
    "boot_build",
    "dev/test_skips",
    "dev/test_truth_page",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them by their folder."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
