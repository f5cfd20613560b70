"""Counters that are one file each below /sys, and how its directories are read."""

from __future__ import annotations

from pathlib import Path

from metalctl.node import edac
from metalctl.node.counters.snapshot import Counter, Snapshot


def counted(path: Path, counter: Counter) -> Snapshot:
    """The counter of a file; nothing when there is no such file, for not every driver has every counter."""
    try:
        return Snapshot({counter: int(path.read_text())})
    except FileNotFoundError:
        return Snapshot()
    except (OSError, ValueError) as odd:
        return Snapshot(unreadable={f"{counter.part} {counter.name}": str(odd)})


def number(path: Path) -> int | None:
    """A file's number, None when it has none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def text_of(root: Path) -> edac.Text:
    """How a text below the root is read, "" when it cannot be."""

    def text(path: str) -> str:
        try:
            return (root / path.lstrip("/")).read_text(errors="replace").strip(" \t\r\n\0")
        except OSError:
            return ""

    return text


def names_of(root: Path) -> edac.Names:
    """How a directory below the root is listed, [] when it cannot be."""

    def names(path: str) -> list[str]:
        try:
            return sorted(p.name for p in (root / path.lstrip("/")).iterdir())
        except OSError:
            return []

    return names
