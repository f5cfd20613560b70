"""Progress of a batch: a live table on a terminal, plain lines elsewhere, JSON lines for pipelines."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from metalctl.engine.pipeline.overview import Standing, standings
from metalctl.model.stage import Condition

STYLE = {
    Condition.DONE: "green", Condition.FAILED: "bold red", Condition.RUNNING: "cyan", Condition.WAITING: "",
    Condition.HELD: "yellow",
}  # fmt: skip


def follow(database: Engine, batch: str, ended: Callable[[], bool], *, as_json: bool) -> list[Standing]:
    """Show until `ended()`; returns where everything stands then."""
    show = _json_lines if as_json else _table if sys.stdout.isatty() else _plain_lines
    show(lambda: standings(database, batch, findings=as_json), ended)
    return standings(database, batch, findings=True)


def duration(seconds: float | None) -> str:
    """1:05:09 or 4:07; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def table(found: list[Standing]) -> Table:
    """One row a node."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    for name, width in (("node", None), ("stage", None), ("condition", None), ("elapsed", 8), ("ETA", 8)):
        view.add_column(name, min_width=width, no_wrap=True)
    view.add_column("last finding", overflow="fold")
    for s in found:
        condition = Text(str(s.condition), STYLE[s.condition])
        view.add_row(s.node, str(s.stage), condition, duration(s.elapsed), duration(s.eta), Text(s.last_finding))
    return view


def _table(look: Callable[[], list[Standing]], ended: Callable[[], bool]) -> None:
    with Live(table(look()), console=Console(), refresh_per_second=2) as live:
        while not ended():
            time.sleep(0.5)
            live.update(table(look()))
        live.update(table(look()))


def _plain_lines(look: Callable[[], list[Standing]], ended: Callable[[], bool]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    _changes(look, ended, lambda s: console.print(_line(s), markup=False))


def _json_lines(look: Callable[[], list[Standing]], ended: Callable[[], bool]) -> None:
    def write(s: Standing) -> None:
        sys.stdout.write(json.dumps({"event": "node", **s.as_json()}) + "\n")
        sys.stdout.flush()

    _changes(look, ended, write)


def _changes(look: Callable[[], list[Standing]], ended: Callable[[], bool], write: Callable[[Standing], None]) -> None:
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
    return f"{time.strftime('%H:%M:%S')} {where} {duration(s.elapsed):>7}  {s.last_finding}"
