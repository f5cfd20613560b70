"""Sample dossiers: those of the report's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metalctl.handover import Settings
from metalctl.model.dossier import Dossier
from metalctl.report import read_dossiers

DATA = Path(__file__).parents[1] / "report" / "data"


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Dossier]:
    """The sample of that name: accepted (compute), waived (storage), controller, failed, undecided."""
    return lambda name: read_dossiers(DATA / f"{name}.json")[0]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Targets that are files, in a directory of the test's own."""
    return Settings(tmp_path)
