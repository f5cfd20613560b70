"""What every stage may use: the database, the settings, the artifacts to boot, and cached connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from metalctl import bmc
from metalctl.engine import credentials
from metalctl.engine.remote import Remote
from metalctl.engine.settings import Settings
from metalctl.store.nodes import Node


@dataclass(frozen=True, slots=True)
class Image:
    """An installable image that the boot service serves. manifest: its manifest.json; url: where its files are."""

    name: str
    manifest: dict[str, Any]
    url: str


@dataclass(slots=True)
class Services:
    """One a service. images: by name. url: of our HTTP boot service as nodes see it."""

    database: Engine
    settings: Settings
    url: str = ""
    images: dict[str, Image] = field(default_factory=dict)
    open_bmc: Callable[[Node], bmc.Bmc] = field(init=False)
    _remotes: dict[str, tuple[str, Remote]] = field(default_factory=dict)
    _booting: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.open_bmc = lambda node: credentials.connect(self.database, node)

    def remote(self, enrollment: str, boot_id: str, connect: Callable[[], Remote]) -> Remote:
        """A connection to the system of that boot, kept between ticks."""
        with self._lock:
            held = self._remotes.get(enrollment)
        if held is not None and held[0] == boot_id and held[1].alive:
            return held[1]
        self.forget_remote(enrollment)
        remote = connect()
        with self._lock:
            self._remotes[enrollment] = (boot_id, remote)
        return remote

    def forget_remote(self, enrollment: str) -> None:
        """Drop the kept connection."""
        with self._lock:
            held = self._remotes.pop(enrollment, None)
        if held is not None:
            held[1].close()

    def claim_boot(self, enrollment: str) -> bool:
        """A place among the nodes that may boot at the same time (power and bandwidth); False: none is free."""
        with self._lock:
            if enrollment in self._booting or len(self._booting) < self.settings.boot.at_once:
                self._booting.add(enrollment)
                return True
            return False

    def release_boot(self, enrollment: str) -> None:
        """Give the place back."""
        with self._lock:
            self._booting.discard(enrollment)

    def close(self) -> None:
        """Drop all connections."""
        for enrollment in list(self._remotes):
            self.forget_remote(enrollment)
