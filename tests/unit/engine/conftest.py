"""A service without a network: a real store in a temporary directory, and stages that the test writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from metalctl.engine.pipeline.services import Services
from metalctl.engine.settings import Settings
from metalctl.engine.state import StateDir
from metalctl.store import enrollments, nodes
from metalctl.store.database import open_database, sqlite_url


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path / "state").create()


@pytest.fixture
def database(state: StateDir) -> Iterator[Engine]:
    engine = open_database(sqlite_url(state.database))
    yield engine
    engine.dispose()


@pytest.fixture
def services(database: Engine, state: StateDir, tmp_path: Path) -> Services:
    return Services(database, Settings(state, tmp_path / "cache"), "http://127.0.0.1:1")


@pytest.fixture
def enrolled(database: Engine) -> Callable[..., str]:
    """Enroll a node of that name; returns the enrollment's id."""

    def enroll(name: str = "n1", batch: str | None = None, profile: str = "lab/compute") -> str:
        with database.begin() as connection:
            chosen = batch or enrollments.new_batch(connection, {"level": "quick", "allow_erase": False})
            nodes.put(connection, name, f"https://127.0.0.9?system={name}", "env:X", profile)
            return enrollments.new(connection, name, chosen, profile)

    return enroll
