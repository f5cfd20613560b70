"""Whether the service does its work, not only whether its process lives: what the watchdog of systemd vouches for.

Each part says how long ago it last got somewhere. A part that has not for longer than it may is told in /healthz and
`status`, and systemd no longer hears that we live: it kills the service after its WatchdogSec and starts it again. That
costs no node anything, because a stage looks before it acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """idle: seconds since it last got somewhere, 0.0 when it has nothing to do. patience: how long that may be."""

    idle: Callable[[], float]
    patience: float


class Vitals:
    """The parts by name, as a person reads it ("the supervisor")."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = dict(parts)

    @property
    def stuck(self) -> str:
        """The parts that get nowhere, one a line; "" when all is well."""
        return "\n".join(line for name, part in self._parts.items() if (line := _told(name, part)))


def _told(name: str, part: Part) -> str:
    idle = part.idle()
    return f"{name} stands still for {idle:.0f} s" if idle > part.patience else ""
