"""Which unit tests are slow, what terminal they see, and how hypothesis draws: the same examples each time.

What `slow` means is in tests/README.md: `./dev unit` leaves these tests out, `./dev test` runs them.
`--hypothesis-profile=explore` draws new examples: for a hunt for bugs, not for CI, where a rare one would strike in
the change of another person.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

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
    "engine/durability/test_durable",
    "cli/test_serve_pages",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them by their folder."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)


class _MigratedOnce:
    """The store's migration of a new SQLite file, done once a process: the next new files are copies of the first.

    Not where migrations are what is tested.
    """

    def __init__(self, migrate: Callable[[Any], None]) -> None:
        self._migrate, self._content = migrate, b""

    def __call__(self, engine: Any) -> None:
        path = Path(engine.url.database or "")
        new = engine.dialect.name == "sqlite" and path.is_file() and not path.stat().st_size
        if new and self._content and "unit/store/" not in os.environ.get("PYTEST_CURRENT_TEST", ""):
            path.write_bytes(self._content)
        self._migrate(engine)
        if new and not self._content:
            with closing(sqlite3.connect(path)) as connection:
                self._content = connection.serialize()


@pytest.fixture(scope="session", autouse=True)
def _migrated_once() -> Iterator[None]:
    """Where no test module has imported the store there is nothing to save."""
    if database := sys.modules.get("metalctl.store.database"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "_migrate", _MigratedOnce(database._migrate))
            yield
    else:
        yield
