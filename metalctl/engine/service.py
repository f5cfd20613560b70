"""The running service: the lock, the artifacts to boot, the boot server, and the durable walk of every enrollment."""

from __future__ import annotations

import os
import platform
import resource
import threading
from collections.abc import Callable

import structlog

from metalctl.boot.errors import DnsmasqFailed
from metalctl.boot.server import BootServer, require
from metalctl.boot.settings import BootSettings
from metalctl.engine import artifacts
from metalctl.engine.directory import StoreDirectory
from metalctl.engine.durable import Durable
from metalctl.engine.reporter import Reporter
from metalctl.engine.services import Services
from metalctl.engine.settings import Boot, Settings, require_boot
from metalctl.engine.spine import SPINE
from metalctl.engine.state import ServiceLock
from metalctl.engine.supervisor import Supervisor
from metalctl.engine.tick import Ticker
from metalctl.engine.walker import Walker
from metalctl.store import enrollments, epochs
from metalctl.store.database import open_database, sqlite_url

log = structlog.get_logger()
Progress = Callable[[str], None]
# Seconds between two looks at what was enrolled; a look is one short query.
LOOK = 0.5


class Service:
    """Start, run until stopped or until nothing is left to do, stop. `progress` gets lines for a person."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._lock = ServiceLock(settings.state.create())
        self._stop = threading.Event()
        self._services: Services | None = None
        self._boot_error = ""

    def start(self) -> None:
        """Take the lock, make what is missing, serve. On any failure everything that was begun is undone."""
        boot = require_boot(self._settings)
        self._lock.acquire()
        _raise_descriptor_limit()
        try:
            self.database = open_database(sqlite_url(self._settings.state.database))
            serving = _boot_settings(boot, self._settings)
            # Before the ramdisk and the images: they take minutes, and a port that is taken is known at once.
            require(serving)
            served = artifacts.prepare(self._settings, self._progress)
            directory = StoreDirectory(self.database, self._settings.state, lambda: self._services)
            self._boot = BootServer(serving, directory, served.files, on_death=self._boot_died)
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
        with self.database.begin() as connection:
            epoch = epochs.begin(connection, f"{platform.node()} pid {os.getpid()}")
        services = Services(self.database, self._settings, url, served.images(url), epoch)
        ticker = Ticker(services)
        self._walker = Walker(ticker, told=ticker.faulted)
        services.publish = self._walker.publish
        stages = [spec.stage.value for spec in SPINE]
        self._durable = Durable(sqlite_url(self._settings.state.workflows), stages, self._walker.walk)
        self._durable.launch()
        self._services = services
        self._supervisor = Supervisor(self.database, self._durable, services.publish)
        self._reporter = Reporter(self.database, self._settings.state, self._progress)

    def run(self, batch: str | None = None) -> None:
        """Walk everything that was enrolled; with a batch, return when all of it has ended."""
        try:
            while not self._stop.wait(LOOK):
                self._supervisor.look()
                self._reporter.look()
                if self._services is not None:
                    self._services.connections.tidy()
                if batch is not None and self._has_ended(batch):
                    return
        finally:
            self._reporter.look()

    def stop(self) -> None:
        """Ask `run` to return."""
        self._stop.set()

    def close(self) -> None:
        """Stop serving and give everything back; what is under way goes on at the next start.

        The ticks that run end before the lock is released: their connections are closed under them.
        """
        self._durable.stop()
        if self._services is not None:
            self._services.close()
        self._walker.close()
        self._boot.stop()
        self._lock.release()

    @property
    def error(self) -> str:
        """Why the service is not well, "" when it is: one line a reason."""
        faults = self._walker.faults
        found = [self._boot_error, self._supervisor.error and f"the database: {self._supervisor.error}"]
        if faults:
            first = min(faults)
            found.append(f"{len(faults)} nodes stand still, {first} for one: {faults[first].reason}")
        return "\n".join(line for line in found if line)

    def _has_ended(self, batch: str) -> bool:
        with self.database.connect() as connection:
            return all(e.ended for e in enrollments.listing(connection, batch))

    def _boot_died(self, failure: DnsmasqFailed) -> None:
        log.error("boot-service", reason=failure.message)
        self._boot_error = failure.message
        self._progress(f"the boot service failed: {failure.message}")


def _raise_descriptor_limit() -> None:
    """A thousand nodes are a few thousand files and sockets; many systems begin with a limit of 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _boot_settings(boot: Boot, settings: Settings) -> BootSettings:
    first, last = boot.dhcp_range or ("", "")
    return BootSettings(
        interface=boot.interface,
        address=boot.address,
        network=boot.network,
        state_dir=settings.state.boot,
        http_port=boot.http_port,
        dhcp=boot.dhcp,
        first=first,
        last=last,
        ping=boot.ping,
    )
