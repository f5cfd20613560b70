"""Counters that are one file each below /sys."""

from __future__ import annotations

from pathlib import Path

from metalctl.node.counters.snapshot import Counter, Snapshot


def counted(path: Path, counter: Counter) -> Snapshot:
    """The counter of a file; nothing when there is no such file, for not every driver has every counter."""
    try:
        return Snapshot({counter: int(path.read_text())})
    except FileNotFoundError:
        return Snapshot()
    except (OSError, ValueError) as odd:
        return Snapshot(unreadable={f"{counter.part} {counter.name}": str(odd)})
