"""The state directory: database, keys, artifacts, logs; and the lock that keeps a second service out.

STATE/metalctl.db        what is remembered          STATE/keys/       client and signing keys (0600)
STATE/workflows.db       the workflow library's own  STATE/boot/       DHCP leases and configuration
STATE/reports/BATCH/     pages, JUnit, certificates  STATE/serve.lock  held by the running service
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from metalctl.engine.errors import EngineError, Locked


def default_state_dir() -> Path:
    """$METALCTL_STATE, else $XDG_STATE_HOME/metalctl, else ~/.local/state/metalctl."""
    if chosen := os.environ.get("METALCTL_STATE"):
        return Path(chosen)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local/state") / "metalctl"


def default_cache_dir() -> Path:
    """$XDG_CACHE_HOME/metalctl, else ~/.cache/metalctl."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "metalctl"


@dataclass(frozen=True, slots=True)
class StateDir:
    """Paths below one state directory."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "metalctl.db"

    @property
    def workflows(self) -> Path:
        return self.path / "workflows.db"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def boot(self) -> Path:
        return self.path / "boot"

    def reports(self, batch: str) -> Path:
        """Where the pages of a batch are."""
        return self.path / "reports" / batch

    def create(self) -> StateDir:
        """Make the directories, readable by the owner only where they hold keys."""
        try:
            for path, mode in ((self.path, 0o755), (self.keys, 0o700), (self.boot, 0o755)):
                path.mkdir(mode=mode, parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(
                f"the state directory {self.path} cannot be made: {error.strerror}",
                hint="choose another with --state-dir or $METALCTL_STATE",
            ) from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise EngineError(
                f"the state directory {self.path} cannot be written by user {os.geteuid()}",
                hint="run metalctl as its owner, or choose another with --state-dir or $METALCTL_STATE",
            )
        return self


class ServiceLock:
    """The lock of the running service; one executor a database is what the workflow library can take."""

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
    def holder(self) -> int | None:
        """The pid of the running service, None when there is none (0: it has just begun)."""
        try:
            self.acquire()
        except Locked:
            text = self._path.read_text().strip()
            return int(text) if text.isdigit() else 0
        self.release()
        return None

    @property
    def held_elsewhere(self) -> bool:
        """Whether a service is running on this state directory."""
        try:
            self.acquire()
        except Locked:
            return True
        self.release()
        return False
