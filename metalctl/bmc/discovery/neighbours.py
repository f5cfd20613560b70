"""The MAC addresses that the kernel has seen on our own segments: /proc/net/arp. IPv4 only, and nothing routed."""

from __future__ import annotations

import time
from pathlib import Path

from metalctl.model.identity import usable_mac

TABLE = Path("/proc/net/arp")
_COMPLETE = 0x2
_FRESH = 1.0


def parse(text: str) -> dict[str, str]:
    """Address → MAC of the complete entries."""
    found = {}
    for line in text.splitlines()[1:]:
        cells = line.split()
        if (
            len(cells) >= 4
            and cells[2].startswith("0x")
            and _hex(cells[2]) & _COMPLETE
            and (mac := usable_mac(cells[3]))
        ):
            found[cells[0]] = mac
    return found


def _hex(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0


class Neighbours:
    """The table, read again when it is older than a second."""

    def __init__(self, table: Path = TABLE) -> None:
        self._table = table
        self._known: dict[str, str] = {}
        self._read = float("-inf")

    def mac(self, address: str) -> str:
        """The MAC address of an IPv4 address, "" when it is not on our segments."""
        if address not in self._known and time.monotonic() - self._read > _FRESH:
            self._read = time.monotonic()
            try:
                self._known = parse(self._table.read_text())
            except (OSError, UnicodeDecodeError):
                self._known = {}
        return self._known.get(address, "")
