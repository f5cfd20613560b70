"""Profiles for the cases: the shipped one of the machine's name, with the case's `requires` laid over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metalctl.content import profiles
from metalctl.model.profile import Profile


@pytest.fixture
def profile(tmp_path: Path) -> Callable[..., Profile]:
    """profile(name, requires, **top) → the profile as the loader gives it; top: other keys, such as waivers."""

    def make(name: str, requires: dict[str, Any], **top: Any) -> Profile:
        file = tmp_path / "case.yaml"
        # JSON is YAML: the case's mapping is the file.
        file.write_text(json.dumps({"extends": name, "requires": requires, **top}))
        return profiles.load(file)

    return make
