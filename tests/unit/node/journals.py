"""A journal of the node, as a test reads it."""

from __future__ import annotations

import json
from pathlib import Path

from metalctl.model.codec import decode
from metalctl.model.run import Entry


def entries(path: Path) -> list[Entry]:
    """Every entry; none where there is no journal."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [decode(Entry, json.loads(line)) for line in lines]
