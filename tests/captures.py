"""Recorded Redfish trees of real machines, which may not be in this repository: they lie beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def _folder() -> Path:
    """$METALCTL_CAPTURES, or shared/captures beside the checkout or beside a folder that it is in."""
    if named := os.environ.get("METALCTL_CAPTURES"):
        return Path(named)
    beside = [parent / "shared" / "captures" for parent in Path(__file__).resolve().parents[2:]]
    return next((folder for folder in beside if folder.is_dir()), beside[0])


FOLDER = _folder()


def archive(name: str) -> Path:
    """The capture `name`. Skips where there are no captures at all; one that is missing among others is a fault."""
    if not FOLDER.is_dir():
        pytest.skip(f"no captures at {FOLDER} (set METALCTL_CAPTURES)")
    path = FOLDER / f"{name}.tar.gz"
    assert path.is_file(), f"no {path.name} among the captures of {FOLDER}"
    return path
