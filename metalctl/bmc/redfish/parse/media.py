"""What kind of drive it is, and how it is connected: BMCs put the words into one another's properties. No I/O."""

from __future__ import annotations

import re

from metalctl.bmc.redfish.schema.storage import Drive

_KINDS = {
    "nvme": re.compile(r"nvme|non.?volatile.?memory.?express|^pcie?\b", re.IGNORECASE),
    "ssd": re.compile(r"ssd|solid.?state|flash", re.IGNORECASE),
    "hdd": re.compile(r"hdd|hard.?dis[ck]|\bsmr\b|rotat|spinning|magnetic", re.IGNORECASE),
}
# In a name or a model the words must stand alone: "SSDPF2KE016T9L" and "ST4000NM" are read by people, not by us.
_IN_NAMES = {
    "nvme": re.compile(r"(?<![a-z])nvme(?![a-z])", re.IGNORECASE),
    "ssd": re.compile(r"(?<![a-z])ssd(?![a-z])|solid.state", re.IGNORECASE),
    "hdd": re.compile(r"(?<![a-z])hdd(?![a-z])|hard.dis[ck]", re.IGNORECASE),
}
_TRANSPORTS = ("nvmeoverfabrics", "nvme", "pcie", "sas", "sata", "iscsi", "fcp", "fc", "usb", "ufs")


def kind_of(drive: Drive) -> str:
    """ "nvme", "ssd", "hdd", or "unknown" when nothing says it: protocol, media, turns, then name and model."""
    stated = f"{drive.protocol} {drive.media}".strip()
    if found := _first(_KINDS, stated):
        return found
    return "hdd" if drive.turns else kind_of_names(drive.name, drive.model)


def kind_of_names(*names: str) -> str:
    """The same of what it is called, for a view that states no more."""
    return _first(_IN_NAMES, " ".join(names)) or "unknown"


def transport_of(protocol: str) -> str:
    """The protocol in lower case: "SAS SSD" and "SAS" are one; "" when none is stated."""
    words = re.findall(r"[a-z]+", protocol.lower())
    return next((one for one in _TRANSPORTS if one in words), protocol.lower())


def _first(kinds: dict[str, re.Pattern[str]], text: str) -> str:
    return next((kind for kind, pattern in kinds.items() if pattern.search(text)), "")
