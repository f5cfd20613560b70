"""The running service: the lock, the artifacts to boot, the boot server, and the durable walk of every enrollment."""

from __future__ import annotations

import os
import platform
import resource
import threading
from collections.abc import Callable
from dataclasses import replace

import structlog

from metalctl.boot.errors import DnsmasqFailed
from metalctl.boot.server import BootServer, require
from metalctl.engine.durability.durable import Durable
from metalctl.engine.durability.lock import lock_of, wait_for
from metalctl.engine.errors import EngineError
from metalctl.engine.evidence.reporter import Reporter
from metalctl.engine.pipeline.directory import StoreDirectory
from metalctl.engine.pipeline.services import Services
from metalctl.engine.pipeline.supervisor import Supervisor
from metalctl.engine.pipeline.tick import Ticker
from metalctl.engine.pipeline.walker import Walker
from metalctl.engine.serving import artifacts
from metalctl.engine.serving.memory import give_back
from metalctl.engine.serving.notify import Watchdog, notify, reloading
from metalctl.engine.serving.rounds import Rounds
from metalctl.engine.serving.vitals import Part, Vitals
from metalctl.engine.settings import Boot, Settings, boot_network, require_boot
from metalctl.model.errors import MetalctlError
from metalctl.store import enrollments, epochs
from metalctl.store.database import open_database

log = structlog.get_logger()
Progress = Callable[[str], None]
# Seconds between two looks at what was enrolled; a look is one short query.
LOOK = 0.5
# After so many looks the rows of walks that have ended are removed.
TIDY = 600
# And after so many, memory that a burst took goes back to the system.
TRIM = 120
# Seconds without a round of the supervisor (of which an error is none), and without the end of any tick while others
# wait for a thread, until systemd hears no more of us. A database that restarts is away for less.
SUPERVISOR, WALKS = 300.0, 900.0
# A tick that takes so many seconds is told: everything in it has a time limit of its own.
LONG_TICK = 1800.0


class Service:
    """Start, run until stopped or until nothing is left to do, stop. `progress` gets lines for a person."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._lock = lock_of(settings.state.create(), settings.boot.network)
        self._stop = threading.Event()
        self._services: Services | None = None
        self._rounds: Rounds | None = None
        self._boot_error = ""
        self._read: Callable[[], Settings] | None = None

    @property
    def _name(self) -> str:
        """Under which the work of this service is known: on PostgreSQL several have one store, each a boot network."""
        return self._settings.boot.network if self._settings.state.url else "local"

    def start(self, *, standby: bool = False) -> bool:
        """Take the lock, make what is missing, serve. On any failure everything that was begun is undone.

        standby: wait for the lock as long as another service has it; False when told to stop meanwhile.
        """
        boot = require_boot(self._settings)
        if not standby:
            self._lock.acquire()
        elif not wait_for(self._lock, self._stop, self._progress):
            return False
        _raise_descriptor_limit()
        try:
            self._begin(boot)
        except BaseException:
            self._lock.release()
            raise
        self._progress(f"serving {boot.network} on {boot.interface} ({self._boot.base_url})")
        return True

    def _begin(self, boot: Boot) -> None:
        self.database = open_database(self._settings.state.store_url)
        serving = boot_network(boot, self._settings.state)
        # Before the ramdisk and the images: they take minutes, and a port that is taken is known at once.
        require(serving)
        served = artifacts.prepare(self._settings, self._progress)
        directory = StoreDirectory(self.database, self._settings.state, lambda: self._services)
        self._boot = BootServer(serving, directory, served.files, on_death=self._boot_died)
        self._boot.start()
        try:
            self._walk(served)
        except BaseException:
            self._boot.stop()
            raise

    def _walk(self, served: artifacts.Served) -> None:
        url = self._boot.base_url
        with self.database.begin() as connection:
            epoch = epochs.begin(connection, self._name, f"{platform.node()} pid {os.getpid()}")
        services = Services(self.database, self._settings, url, served.images(url), epoch, self._name)
        ticker = Ticker(services)
        self._walker = Walker(ticker, ticker.left, told=ticker.faulted)
        services.publish = self._walker.publish
        self._durable = Durable(self._settings.state.workflows_url, self._walker.walk, executor=self._name)
        self._durable.launch()
        self._services = services
        mine = self._name if self._settings.state.url else None
        self._supervisor = Supervisor(self.database, self._durable, services.publish, mine)
        self._rounds = Rounds(self.database, lambda: services.settings.bmc.every, mine)
        self._rounds.start()
        self._vitals = Vitals(
            {
                "the supervisor": Part(lambda: self._supervisor.idle, SUPERVISOR),
                "the walk of every node": Part(lambda: self._walker.idle, WALKS),
            }
        )
        self._reporter = Reporter(self.database, self._settings.state, self._progress)

    def run(self, batch: str | None = None) -> None:
        """Walk everything that was enrolled; with a batch, return when all of it has ended."""
        looks, watchdog = 0, Watchdog(lambda: self._vitals.stuck)
        notify("READY=1")
        try:
            while not self._stop.wait(LOOK):
                looks += 1
                watchdog.beat()
                self._reload()
                if looks % TIDY == 0:
                    self._tidy()
                if looks % TRIM == 0:
                    give_back()
                if self._lock.lost:
                    raise EngineError(
                        "the lock of the service was lost: the database ended the session that held it",
                        hint="start it again; with --standby it waits for its turn",
                    )
                self._supervisor.look()
                self._reporter.look(LOOK)
                if self._services is not None:
                    self._services.connections.tidy()
                if batch is not None and self._has_ended(batch):
                    return
        finally:
            notify("STOPPING=1")
            self._reporter.look()

    def _tidy(self) -> None:
        """Rows that nobody needs: when they cannot be removed now, they can the next time."""
        try:
            self._durable.tidy()
        except Exception:  # the library's, its database's or a time-out: the service goes on
            log.exception("tidy")

    def stop(self) -> None:
        """Ask `run` to return."""
        self._stop.set()

    def ask_reload(self, read: Callable[[], Settings]) -> None:
        """Ask `run` to read the settings again: a signal may strike anywhere."""
        self._read = read

    def _reload(self) -> None:
        read, self._read = self._read, None
        if read is None:
            return
        with reloading():
            try:
                self.reload(read())
            except MetalctlError as error:
                self._progress(f"the settings were not taken: {error.message}")

    def reload(self, settings: Settings) -> None:
        """Take what may change while nodes are under way; what concerns the boot network waits for the next start."""
        if self._services is None:
            return
        now, new = self._services.settings, settings
        fixed = ("interface", "address", "network", "dhcp", "dhcp_range", "http_port", "ping")
        kept = {name: getattr(now.boot, name) for name in fixed}
        if any(getattr(new.boot, name) != value for name, value in kept.items()):
            self._progress("the boot network of the settings has changed: it counts from the next start")
        self._services.settings = replace(new, boot=replace(new.boot, **kept), state=now.state, cache=now.cache)
        self._services.places.resize(new.boot.at_once)
        if self._rounds:
            self._rounds.forgive()
        self._progress("settings were read again")

    def close(self) -> None:
        """Stop serving and give everything back; what is under way goes on at the next start.

        The ticks that run end before the lock is released: their connections are closed under them.
        """
        if self._rounds:
            self._rounds.close()
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
        found.append(self._vitals.stuck)
        node, seconds = self._walker.longest
        if seconds > LONG_TICK:
            found.append(f"a tick does not end: {node}, since {seconds / 60:.0f} min")
        if faults:
            first = min(faults)
            found.append(f"{len(faults)} nodes stand still, {first} for one: {faults[first].reason}")
        return "\n".join(line for line in found if line)

    def _has_ended(self, batch: str) -> bool:
        with self.database.connect() as connection:
            return not enrollments.unfinished(connection, batch, reported=False)

    def _boot_died(self, failure: DnsmasqFailed) -> None:
        log.error("boot-service", reason=failure.message)
        self._boot_error = failure.message
        self._progress(f"the boot service failed: {failure.message}")


def _raise_descriptor_limit() -> None:
    """A thousand nodes are a few thousand files and sockets; many systems begin with a limit of 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
