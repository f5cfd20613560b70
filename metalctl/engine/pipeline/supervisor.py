"""Sees to it that every enrollment that has not ended is walked.

What was enrolled or told to retry is begun. What should be walked and is not, half a minute long, is walked by another
workflow, and that is told: the library gave it up, or one of the two databases was put back from an older copy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from metalctl.engine.topics import node_topic
from metalctl.store import enrollments, marks

log = structlog.get_logger()
# Seconds that the library has to begin what it was told to begin, or what it recovers after a restart. As long as it
# gets on with others, the rest waits for its turn: a thousand on a busy machine take longer. But not for ever.
PATIENCE, LONGEST = 30.0, 600.0
# How many walks are begun in one look.
AT_ONCE = 100


class Walks(Protocol):
    """What of engine.durable is needed here."""

    @property
    def walked(self) -> frozenset[str]: ...

    def start(self, wanted: Sequence[tuple[str, int]]) -> None: ...

    def rescue(self, enrollment: str, attempt: int) -> None: ...


class Supervisor:
    """`look` is called again and again. service: whose enrollments, None for all; publish: tells a walk to look.

    rescued: how many walks were lost and begun anew.
    """

    def __init__(
        self,
        database: Engine,
        walks: Walks,
        publish: Callable[[str], None],
        service: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._walks = walks
        self._publish = publish
        self._service = service
        self._clock = clock
        self._begun: dict[tuple[str, int], float] = {}
        self._came = -LONGEST
        self._round = clock()
        self.rescued = 0
        self.error = ""

    @property
    def idle(self) -> float:
        """Seconds since the last round that came to its end without an error."""
        return self._clock() - self._round

    def look(self) -> None:
        """Begin what nobody walks, tell what operators did. A database that cannot be read is read at the next look."""
        try:
            with self._database.begin() as connection:
                wanted = enrollments.under_way(connection, self._service)
                told = marks.signals(connection, self._service)
            for enrollment in told:
                self._publish(node_topic(enrollment))
            self._begin(wanted)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if str(error) != self.error:
                log.exception("supervisor")
            self.error = str(error)
        else:
            self.error, self._round = "", self._clock()

    def _begin(self, wanted: list[tuple[str, int]]) -> None:
        walked, moment = self._walks.walked, self._clock()
        waiting = [key for key in wanted if key[0] not in walked]
        if any(key[0] in walked for key in self._begun):
            self._came = moment
        self._begun = {key: self._begun[key] for key in waiting if key in self._begun}
        # Some at a time: thousands that are enrolled in one go must not keep the service from its other work.
        new = [key for key in waiting if key not in self._begun][:AT_ONCE]
        if new:
            self._walks.start(new)
            self._begun |= dict.fromkeys(new, self._clock())
        idle = moment - self._came > PATIENCE
        lost = [key for key, at in self._begun.items() if moment - at > (PATIENCE if idle else LONGEST)]
        for key in lost:
            log.warning("walk-lost", enrollment=key[0], attempt=key[1])
            self.rescued += 1
            self._begun[key] = moment
            self._walks.rescue(*key)
