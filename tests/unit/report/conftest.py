"""Sample dossiers, as the report writes them: accepted, waived, failed at matched, undecided, controller."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metalctl.model.dossier import Dossier
from metalctl.report import read_dossiers

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Dossier]:
    """The sample of that name."""
    return lambda name: read_dossiers(DATA / f"{name}.json")[0]
