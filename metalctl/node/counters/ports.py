"""Errors of network ports as the kernel counts them: the source "ports"."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from metalctl.model.inventory import Nic
from metalctl.node.counters.files import counted
from metalctl.node.counters.snapshot import Counter, Snapshot

# Serious: the wire, the cable or the port is bad. Not serious: load, or frames that nobody wanted.
_COUNTERS = {
    "statistics/rx_errors": (True, "port-errors"),
    "statistics/tx_errors": (True, "port-errors"),
    "statistics/rx_crc_errors": (True, "port-errors"),
    "statistics/rx_frame_errors": (True, "port-errors"),
    "statistics/tx_carrier_errors": (True, "port-errors"),
    "carrier_down_count": (True, "link-failures"),
    "bonding_slave/link_failure_count": (True, "link-failures"),
    "statistics/rx_dropped": (False, ""),
    "statistics/tx_dropped": (False, ""),
    "statistics/rx_missed_errors": (False, ""),
}


def ports(nics: Iterable[Nic], root: Path) -> Snapshot:
    """Error counters of every port of the inventory; a port without any that is serious leaves the source unread."""
    found, silent, listed = Snapshot(), [], list(nics)
    for nic in listed:
        of_port = Snapshot()
        for name, (serious, kind) in _COUNTERS.items():
            path = root / "sys/class/net" / nic.name / name
            of_port += counted(path, Counter(nic.label, name.rsplit("/")[-1], serious, kind=kind))
        if of_port.unreadable or not any(c.kind == "port-errors" for c in of_port.values):
            silent.append(nic.label)
        found += of_port
    why = f"no error counters of {', '.join(silent)}" if silent else "" if listed else "no port is listed"
    return found + Snapshot(sources={"ports": why})
