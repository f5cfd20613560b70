"""The state directory: database, keys, artifacts, logs.

STATE/metalctl.db        what is remembered          STATE/keys/       client and signing keys (0600)
STATE/workflows.db       the workflow library's own  STATE/boot/       DHCP leases and configuration
STATE/reports/BATCH/     pages, JUnit, certificates  STATE/serve.lock  held by the running service
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from metalctl.engine.errors import EngineError

SYSTEM_CONFIG = Path("/etc/metalctl/metalctl.yaml")


def settings_file(config: Path | None = None) -> Path | None:
    """The settings file: the one named, else $METALCTL_CONFIG, else the system's; None where there is none."""
    if chosen := config or os.environ.get("METALCTL_CONFIG"):
        return Path(chosen)
    return SYSTEM_CONFIG if SYSTEM_CONFIG.exists() else None


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
    """Paths below one state directory. url: of a PostgreSQL database that is used in place of the two files."""

    path: Path
    url: str = ""

    @property
    def store_url(self) -> str:
        """Where metalctl remembers, as SQLAlchemy's URL."""
        return self.url or _sqlite_url(self.database)

    @property
    def workflows_url(self) -> str:
        """Where the workflow library remembers."""
        return self.url or _sqlite_url(self.workflows)

    @property
    def database(self) -> Path:
        return self.path / "metalctl.db"

    @property
    def workflows(self) -> Path:
        return self.path / "workflows.db"

    @property
    def remembers(self) -> bool:
        """Whether there may be anything in the store yet. EngineError: a restore of it was broken off."""
        self._require_whole()
        return bool(self.url) or self.database.exists()

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def boot(self) -> Path:
        return self.path / "boot"

    def reports(self, batch: str) -> Path:
        """Where the pages of a batch are."""
        return self.path / "reports" / batch

    @property
    def restoring(self) -> Path:
        """Where `metalctl restore` writes what is to become this directory."""
        return self.path.absolute().with_name(f".{self.path.absolute().name}.restoring")

    def _require_whole(self) -> None:
        if not self.url and self.restoring.exists() and not self.database.exists():
            raise EngineError(
                f"a restore into {self.path} is at work, or was broken off",
                hint=f"repeat it: metalctl restore FILE; or start again without it: rm -r {self.restoring}",
            )

    def create(self) -> StateDir:
        """Make the directories, readable by the owner only where they hold keys."""
        self._require_whole()
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


def _sqlite_url(path: Path) -> str:
    # Who only asks whether anything is remembered pays for no database library.
    from metalctl.store.database import sqlite_url

    return sqlite_url(path)
