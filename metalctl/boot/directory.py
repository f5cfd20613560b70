"""What the boot service asks of whoever knows the nodes: the engine in service, `boot.memory.Memory` alone and in
tests.

The methods are called from worker threads, several at once; they may block for a moment (a database), not for seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from metalctl.model.boot import BootIntent, PhoneHome, Welcome
from metalctl.model.run import News


class Directory(Protocol):
    """Who a machine is, and what its next boot shall be."""

    def intent(self, macs: Sequence[str], uuid: str) -> BootIntent | None:
        """What the machine with any of these MACs (lower case, colons) or this UUID shall boot now; None: unknown to
        us.

        It is asked once for each script served, so an implementation issues a fresh token for each "ramdisk".
        """

    def welcome(self, report: PhoneHome) -> Welcome:
        """Who may log in there. Raises `boot.errors.Refused`. The same report twice is answered twice."""

    def news(self, news: News) -> bool:
        """A run on a node says that its journal grew; whether it was believed."""

    def sighting(self, mac: str, what: str) -> None:
        """A machine was seen on the boot network: DHCP, a script asked for. For people and for timing."""
