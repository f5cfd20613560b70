"""The lock of a running service: one a state directory (SQLite), or one a boot network (PostgreSQL).

The workflow library recovers its executor's work at each start, and two processes under one executor run it twice, side
by side. The lock is what stands between us and two wipes; `store.epochs` is the second thing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable
from typing import Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from metalctl.engine.errors import Locked
from metalctl.engine.state import StateDir

log = structlog.get_logger()
# Seconds: how often a standby tries, and how often the connection that holds the lock is looked at.
TRY, BEAT = 2.0, 5.0
# A host that vanished is noticed by the database server after 10 + 3 × 5 s.
_KEEPALIVE = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}


class Lock(Protocol):
    """What a service takes before it touches anything."""

    def acquire(self) -> None:
        """Take it; Locked names the holder."""

    def release(self) -> None:
        """Give it back."""

    @property
    def holder(self) -> str | None:
        """Who has it, as a person reads it; None when it is free (or ours)."""

    @property
    def lost(self) -> bool:
        """Whether it was ours and is not any more."""


def lock_of(state: StateDir, network: str) -> Lock:
    """The lock for the store of this state directory."""
    return PostgresLock(state.store_url, network) if state.url else ServiceLock(state)


def wait_for(lock: Lock, stop: threading.Event, told: Callable[[str], None]) -> bool:
    """Wait for one's turn, as a standby does; False when `stop` was set first.

    A database that cannot be reached is waited for too: when it is back, one of those who wait must be there.
    """
    said = ""
    while not stop.is_set():
        try:
            lock.acquire()
            return True
        except Locked as held:
            why = held.message
        except SQLAlchemyError as error:
            why = f"the database cannot be asked: {str(error.__cause__ or error).splitlines()[0]}"
        if why != said:
            told(f"standby: {why}")
        said = why
        stop.wait(TRY)
    return False


class ServiceLock:
    """A file that is locked as long as the process lives."""

    lost = False

    def __init__(self, state: StateDir) -> None:
        self._path = state.path / "serve.lock"
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock and write our pid into it; Locked names the holder."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode().strip()
            os.close(handle)
            raise Locked(
                f"another metalctl (pid {holder or '?'}) serves {self._path.parent}",
                hint="hand work to it with metalctl enroll, or stop it first",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._file = handle

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def holder(self) -> str | None:
        """Its pid."""
        try:
            self.acquire()
        except Locked:
            return f"pid {self._path.read_text().strip() or '?'}"
        self.release()
        return None

    @property
    def held_elsewhere(self) -> bool:
        """Whether a service is running on this state directory."""
        return self.holder is not None


class PostgresLock:
    """An advisory lock of a session of its own: it ends with the connection, and so with the process or its host."""

    def __init__(self, url: str, network: str) -> None:
        self._network = network
        digest = hashlib.sha256(f"metalctl {network}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        self._connection: sa.Connection | None = None
        self._stop = threading.Event()
        self._lost = False

    def acquire(self) -> None:
        """Take it; Locked names the holder."""
        connection = self._engine.connect()
        try:
            for name, value in _KEEPALIVE.items():
                connection.exec_driver_sql(f"SET {name} = {value}")
            connection.execute(sa.text("SELECT set_config('application_name', :n, false)"), {"n": _me()})
            if not connection.execute(sa.text("SELECT pg_try_advisory_lock(:k)"), {"k": self._key}).scalar_one():
                raise Locked(
                    f"another metalctl ({self._who(connection)}) serves the boot network {self._network}",
                    hint="hand work to it with metalctl enroll; metalctl serve --standby waits to take over",
                )
        except BaseException:
            connection.close()
            raise
        self._connection, self._lost = connection, False
        self._stop.clear()
        threading.Thread(target=self._watch, name="lock", daemon=True).start()

    def release(self) -> None:
        """Give it back."""
        self._stop.set()
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                connection.close()

    @property
    def holder(self) -> str | None:
        """Host and process, as the database knows them."""
        with self._engine.connect() as connection:
            return self._who(connection) or None

    @property
    def lost(self) -> bool:
        """The database dropped the session: another service may have the lock by now."""
        return self._lost

    def _watch(self) -> None:
        while not self._stop.wait(BEAT):
            connection = self._connection
            if connection is None:
                return
            try:
                connection.exec_driver_sql("SELECT 1")
            except SQLAlchemyError as error:
                log.error("lock-lost", network=self._network, reason=str(error.__cause__ or error))
                self._lost = True
                return

    def _who(self, connection: sa.Connection) -> str:
        # The key of a session's advisory lock is in two halves (PostgreSQL's manual, pg_locks).
        query = sa.text(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
            "AND ((l.classid::bigint << 32) | l.objid::bigint) = :k AND l.pid <> pg_backend_pid()"
        )
        return str(connection.execute(query, {"k": self._key}).scalar() or "")


def _me() -> str:
    host = os.uname().nodename[:40]
    return f"metalctl {host} pid {os.getpid()} since {time.strftime('%F %T')}"[:63]
