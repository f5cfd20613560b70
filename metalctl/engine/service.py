"""The running service: the lock, the artifacts to boot, the boot server, and the durable walk of every enrollment."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy import Engine

from metalctl.boot.errors import DnsmasqFailed
from metalctl.boot.server import BootServer, require
from metalctl.engine import artifacts, reporting
from metalctl.engine.directory import StoreDirectory
from metalctl.engine.durable import Durable
from metalctl.engine.services import Services
from metalctl.engine.settings import Settings, boot_network, require_boot
from metalctl.engine.spine import SPINE
from metalctl.engine.state import ServiceLock, StateDir
from metalctl.engine.tick import Ticker
from metalctl.model.errors import MetalctlError
from metalctl.store import enrollments
from metalctl.store.database import open_database, sqlite_url
from metalctl.store.enrollments import Enrollment

log = structlog.get_logger()
Progress = Callable[[str], None]


class Service:
    """Start, run until stopped or until nothing is left to do, stop. `progress` gets lines for a person."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._lock = ServiceLock(settings.state.create())
        self._stop = threading.Event()
        self._reported: dict[str, tuple[str, str]] = {}
        self.error: str = ""

    def start(self) -> None:
        """Take the lock, make what is missing, serve. On any failure everything that was begun is undone."""
        boot = require_boot(self._settings)
        self._lock.acquire()
        try:
            self.database = open_database(sqlite_url(self._settings.state.database))
            serving = boot_network(boot, self._settings.state)
            # Before the ramdisk and the images: they take minutes, and a port that is taken is known at once.
            require(serving)
            served = artifacts.prepare(self._settings, self._progress)
            self._boot = BootServer(
                serving,
                StoreDirectory(self.database, self._settings.state),
                served.files,
                on_death=self._boot_died,
            )
            self._boot.start()
        except BaseException:
            self._lock.release()
            raise
        try:
            self._walk(served)
        except BaseException:
            self._boot.stop()
            self._lock.release()
            raise
        self._progress(f"serving {boot.network} on {boot.interface} ({self._boot.base_url})")

    def _walk(self, served: artifacts.Served) -> None:
        url = self._boot.base_url
        self._services = Services(self.database, self._settings, url, served.images(url))
        stages = [spec.stage.value for spec in SPINE]
        self._durable = Durable(self._settings.state.workflows, stages, Ticker(self._services))
        self._durable.launch()

    def run(self, batch: str | None = None) -> None:
        """Walk everything that was enrolled; with a batch, return when all of it has ended."""
        try:
            while not self._stop.wait(0.5):
                pending = self._look()
                if batch is not None and all(e.ended for e in pending if e.batch == batch):
                    return
        finally:
            self._report_ended()

    def stop(self) -> None:
        """Ask `run` to return."""
        self._stop.set()

    def close(self) -> None:
        """Stop serving and give everything back; what is under way goes on at the next start."""
        self._durable.stop()
        self._services.close()
        self._boot.stop()
        self._lock.release()

    def _look(self) -> list[Enrollment]:
        with self.database.connect() as connection:
            known = enrollments.listing(connection)
        for enrollment in known:
            if not enrollment.ended:
                self._durable.start(enrollment.id, enrollment.attempt)
        self._report_ended(known)
        return known

    def _report_ended(self, known: list[Enrollment] | None = None) -> None:
        """Write the pages of nodes whose stage or condition changed to an end, and of their batch."""
        if known is None:
            with self.database.connect() as connection:
                known = enrollments.listing(connection)
        changed = [e for e in known if e.ended and self._reported.get(e.id) != (e.updated, e.condition)]
        for enrollment in changed:
            self._reported[enrollment.id] = (enrollment.updated, enrollment.condition)
            self._write(enrollment.node, reporting.write_node, enrollment.id)
        for batch in {e.batch for e in changed}:
            self._write(f"batch {batch}", reporting.write_batch, batch)

    def _write(self, whose: str, write: Callable[[Engine, StateDir, str], object], which: str) -> None:
        """Write pages. One that cannot be written (its profile is gone, the disk is full) does not stop the others."""
        try:
            write(self.database, self._settings.state, which)
        except (MetalctlError, OSError) as error:
            log.exception("report", of=whose)
            self._progress(f"the report of {whose} could not be written: {error}")

    def _boot_died(self, failure: DnsmasqFailed) -> None:
        log.error("boot-service", reason=failure.message)
        self.error = failure.message
        self._progress(f"the boot service failed: {failure.message}")
