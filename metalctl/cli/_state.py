"""The state directory of a command, without reading what the settings say of anything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metalctl.engine.state import StateDir


def state_of(config: Path | None, state_dir: Path | None) -> StateDir:
    """As the settings say; where there is no settings file, the library that reads them is not loaded."""
    from metalctl.engine.state import StateDir, default_state_dir, settings_file

    if settings_file(config) is None:
        return StateDir(state_dir or default_state_dir())
    from metalctl.engine.settings import load

    return load(config, state_dir).state
