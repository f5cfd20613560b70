"""Reads the log lines of dnsmasq: who asked for what on the boot network. Pure functions of recorded text.

dnsmasq-dhcp: 3766023234 DHCPDISCOVER(br0) 52:54:00:12:34:56      → ("52:54:00:12:34:56", "DHCP: discover")
dnsmasq-dhcp: 3766023234 DHCPACK(br0) 172.31.0.130 52:54:…        → ("52:54:…", "DHCP: address 172.31.0.130")
dnsmasq-tftp: sent /usr/lib/ipxe/undionly.kpxe to 172.31.0.130    → (the MAC of that address, "TFTP: undionly.kpxe")
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_MAC = r"(?P<mac>[0-9a-f]{2}(?::[0-9a-f]{2}){5})"
_DHCP = re.compile(
    rf"dnsmasq-dhcp(?:\[\d+\])?: (?:(?P<xid>\d+) )?(?P<what>DHCP[A-Z]+|PXE)\([^)]*\)"
    rf"(?: (?P<address>\d+\.\d+\.\d+\.\d+))? {_MAC}(?P<rest>.*)"
)
_TFTP = re.compile(r"dnsmasq-tftp(?:\[\d+\])?: (?P<done>sent|failed sending) (?P<file>\S+) to (?P<address>[0-9.]+)")
_TROUBLE = {
    "no address range available": "DHCP: not served, the interface has no address in the boot network",
    "no address available": "DHCP: not served, every address of the pool is taken",
}


@dataclass(slots=True)
class Reader:
    """Follows the lines of one dnsmasq. addresses: IP → MAC as acknowledged."""

    addresses: dict[str, str] = field(default_factory=dict)

    def read(self, line: str) -> tuple[str, str] | None:
        """(MAC, what happened), or None for a line that tells of no machine."""
        if match := _DHCP.search(line):
            return self._dhcp(match)
        if match := _TFTP.search(line):
            file = PurePosixPath(match["file"]).name
            what = f"TFTP: {file}" if match["done"] == "sent" else f"TFTP: {file} broke off"
            return self.addresses.get(match["address"], ""), what
        return None

    def _dhcp(self, match: re.Match[str]) -> tuple[str, str] | None:
        mac, address, rest = match["mac"], match["address"], match["rest"].strip()
        if rest in _TROUBLE:
            return mac, _TROUBLE[rest]
        match match["what"]:
            case "DHCPACK":
                self.addresses[address] = mac
                return mac, f"DHCP: address {address}"
            case "DHCPDISCOVER":
                return mac, "DHCP: discover"
            case "PXE":
                return mac, f"PXE: {rest}" if rest else "PXE"
            case "DHCPNAK" | "DHCPDECLINE":
                return mac, f"DHCP: {match['what'].removeprefix('DHCP').lower()} {rest}".strip()
        return None
