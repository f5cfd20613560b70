"""Whether an operator's hand keeps a node from its next step."""

from __future__ import annotations

from metalctl.model.stage import ORDER, Stage
from metalctl.store.marks import Mark

# The note of a stage that an operator's hand stopped: what was seen before may not be so any more.
HELD = "held"
# What a quarantined node may still do is to be read and compared.
_READING = ORDER[: ORDER.index(Stage.MATCHED) + 1]


def halt(marks: dict[str, Mark], stage: Stage) -> str:
    """Why it may not go on, "" when it may."""
    for kind in ("parked", "held"):
        if kind in marks:
            return str(marks[kind])
    if "quarantined" in marks and stage not in _READING:
        return f"{marks['quarantined']}; it is read and matched, and nothing is written"
    return ""
