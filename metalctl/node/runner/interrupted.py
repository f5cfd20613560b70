"""How a run is told to end."""

from __future__ import annotations


class Interrupted(KeyboardInterrupt):
    """The runner was told to end; pytest lets a KeyboardInterrupt through."""
