"""Writes the pages of nodes that have ended, once: they are evidence. They are written again only when somebody asks.

The page of a batch is written when all of its nodes have ended.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from metalctl.engine.evidence import reporting
from metalctl.engine.state import StateDir
from metalctl.model.errors import MetalctlError
from metalctl.store import enrollments

log = structlog.get_logger()
Progress = Callable[[str], None]
Write = Callable[[Engine, StateDir, str], object]


class Reporter:
    """`look` is called again and again by the service."""

    def __init__(self, database: Engine, state: StateDir, progress: Progress) -> None:
        self._database = database
        self._state = state
        self._progress = progress
        self.error = ""

    def look(self, seconds: float = math.inf) -> None:
        """Write what is due, for so many seconds: the rest at the next look, since the service has other things to do.

        Pages that cannot be written (no profile, a full disk) are told and not tried again. A database that cannot be
        asked now is asked at the next look: no error of it ends the service.
        """
        try:
            self._look(time.monotonic() + seconds)
        except (OSError, SQLAlchemyError) as error:
            if str(error) != self.error:
                log.exception("reporter")
            self.error = str(error)
        else:
            self.error = ""

    def _look(self, until: float) -> None:
        with self._database.connect() as connection:
            due = enrollments.unreported(connection)
        for enrollment in due:
            self._write(enrollment.node, reporting.write_node, enrollment.id)
            with self._database.begin() as connection:
                enrollments.set_reported(connection, enrollment)
                left = enrollments.unfinished(connection, enrollment.batch)
            if not left:
                self._write(f"batch {enrollment.batch}", reporting.write_batch, enrollment.batch)
            if time.monotonic() > until:
                return

    def _write(self, whose: str, write: Write, which: str) -> None:
        try:
            write(self._database, self._state, which)
        except (MetalctlError, OSError, SQLAlchemyError) as error:
            log.exception("report", of=whose)
            self._progress(f"the report of {whose} could not be written: {error}")
