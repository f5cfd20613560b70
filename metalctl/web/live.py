"""The page of a batch that is under way: one row a node, from the list that `metalctl nodes` shows.

A report is evidence and is made once; this page is looked at all day by many, so it costs one query and one rendering,
and viewers that come within a second share them.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import Engine

from metalctl.engine.pipeline.overview import Standing, standings
from metalctl.model.stage import Condition
from metalctl.report import page

SHARED = 1.0
_CSS = {
    Condition.DONE.value: "pass",
    Condition.FAILED.value: "fail",
    Condition.RUNNING.value: "progress",
    Condition.WAITING.value: "progress",
    Condition.HELD.value: "waived",
}


class Live:
    """Pages by batch."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._made: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def page(self, batch: str) -> str:
        """The page as it is now, or was less than a second ago."""
        with self._lock:
            made = self._made.get(batch)
            if made is None or time.monotonic() - made[0] > SHARED:
                made = self._made[batch] = (time.monotonic(), render(batch, standings(self._database, batch)))
            return made[1]


def render(batch: str, rows: list[Standing]) -> str:
    """The HTML."""
    tally = Counter(s.condition.value for s in rows)
    return page.render(
        "live.html.j2",
        batch=batch,
        rows=rows,
        ended=sum(s.eta is None for s in rows),
        failed=tally[Condition.FAILED.value],
        tally=sorted(tally.items()),
        css=_CSS,
        generated=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    )
