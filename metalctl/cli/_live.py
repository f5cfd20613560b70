"""Where nodes stand, as it changes: a table on a terminal, plain lines elsewhere, JSON lines for pipelines."""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from metalctl.cli import _layout

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.pipeline.overview import Standing
    from metalctl.store.bmcs import Look

Standings = Callable[[], "list[Standing]"]
_COLOURS = {"done": "green", "failed": "red", "running": "cyan", "held": "yellow"}
_TITLES = ("node", "stage", "condition", "elapsed", "ETA", "BMC", "finding")


def follow(database: Engine, batch: str, ended: Callable[[], bool], *, as_json: bool) -> list[Standing]:
    """Show a batch until `ended()`; returns where everything stands then."""
    from metalctl.engine.pipeline.overview import standings

    watch(lambda: standings(database, batch, findings=as_json), ended, as_json=as_json)
    return standings(database, batch, findings=True)


def watch(look: Standings, ended: Callable[[], bool], *, as_json: bool) -> None:
    """Show what `look` sees, until `ended()`."""
    show = _json_lines if as_json else _table if sys.stdout.isatty() else _plain_lines
    show(look, ended)


def duration(seconds: float | None) -> str:
    """1:05:09 or 4:07; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def as_read(look: Look | None) -> str:
    """What was last read of a BMC, with its age: "on 3 min", "on, critical 3 min", "not read 2 h"; "" for nothing."""
    if look is None:
        return ""
    age = f" {_age(look.seen)}" if look.seen else ""
    ill = f", {look.health}" if look.health not in ("", "ok") and not look.problem else ""
    return f"{look.word}{ill}{age}"


def _age(at: str) -> str:
    seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length or (unit == "min" and seconds >= length):
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"


def table(found: Sequence[Standing]) -> list[str]:
    """One row a node; below several, how many are in each condition."""
    rows = [
        (s.node, s.stage, s.condition, duration(s.elapsed), duration(s.eta), as_read(s.bmc), s.last_finding)
        for s in found
    ]
    lines = _layout.table(_TITLES, rows, {2: _COLOURS})
    if len(found) > 1:
        counted = Counter(str(s.condition) for s in found)
        lines.append(f"{len(found)} nodes: {', '.join(f'{n} {name}' for name, n in sorted(counted.items()))}")
    return lines


def _table(look: Standings, ended: Callable[[], bool]) -> None:
    screen = _layout.Screen()
    while not ended():
        screen.draw(table(look()))
        time.sleep(0.5)
    screen.draw(table(look()), whole=True)


def _plain_lines(look: Standings, ended: Callable[[], bool]) -> None:
    _changes(look, ended, lambda s: click.echo(_line(s)))


def _json_lines(look: Standings, ended: Callable[[], bool]) -> None:
    def write(s: Standing) -> None:
        sys.stdout.write(json.dumps({"event": "node", **s.as_json()}) + "\n")
        sys.stdout.flush()

    _changes(look, ended, write)


def _changes(look: Standings, ended: Callable[[], bool], write: Callable[[Standing], None]) -> None:
    shown: dict[str, str] = {}
    while True:
        last = ended()
        for s in look():
            # Counting seconds and percentages are no news on a line printer.
            key = re.sub(
                r"[\d.]+", "", f"{s.stage} {s.condition if s.condition.value in ('failed', 'done') else ''}{s.why}"
            )
            if shown.get(s.node) != key:
                shown[s.node] = key
                write(s)
        if last:
            return
        time.sleep(1.0)


def _line(s: Standing) -> str:
    where = f"{s.node:<12} {s.stage:<12} {s.condition:<8}"
    return _layout.plain(f"{time.strftime('%H:%M:%S')} {where} {duration(s.elapsed):>7}  {s.last_finding}")
