"""Pure parsers: the BMC itself, its log, the firmwares, the BIOS settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache

from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.wire_manager import LogEntryRecord, LogService, ManagerRecord, Software
from metalctl.bmc.redfish.wire_network import EthernetInterface
from metalctl.model.inventory import Firmware, LogEntry, Manager

_SEVERITY = {"OK": "ok", "Warning": "warning", "Critical": "critical"}
_SECRET = re.compile(r"pass(?:word|phrase)|secret|(?:^|_)key$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def manager(found: ManagerRecord, interfaces: Iterable[EthernetInterface], reached: str, now: datetime) -> Manager:
    """The BMC; reached: the address we speak to, now: our time (aware) when its clock was read."""
    own = _own_interface(list(interfaces), reached)
    return Manager(
        model=found.model,
        firmware=found.firmware,
        mac=own.mac if own else "",
        address=reached,
        clock_offset=clock_offset(found.clock, found.clock_zone, now),
        health=found.health,
    )


def _own_interface(interfaces: list[EthernetInterface], reached: str) -> EthernetInterface | None:
    """The one with our address, else the first that is switched on and no link to the host."""
    outside = [one for one in interfaces if one.mac and not one.host_interface]
    for one in outside:
        if any(isinstance(a, dict) and a.get("Address") == reached for a in [*one.addresses, *one.addresses6]):
            return one
    return next((one for one in outside if one.enabled is not False), None)


def clock_offset(stated: str, zone: str, now: datetime) -> float | None:
    """Seconds the clock is ahead of `now`; None when it states no time, or none that can be placed."""
    try:
        read = datetime.fromisoformat(stated)
        if read.tzinfo is None:
            read = datetime.fromisoformat(f"{stated}{zone}") if zone else read
        return round((read - now).total_seconds(), 1) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def choose_log(of_system: list[LogService], of_manager: list[LogService], named: str) -> LogService | None:
    """The event log: by the pattern of its id, else one of type SEL, else the first of the system, of the manager."""
    every = [*of_system, *of_manager]
    by_name = next((one for one in every if re.search(named, one.id)), None)
    return by_name or next((one for one in every if one.kind == "SEL"), None) or next(iter(every), None)


def log_entry(found: LogEntryRecord) -> LogEntry:
    """One entry."""
    return LogEntry(
        at=found.created, severity=_SEVERITY.get(found.severity, ""), message=found.message, sensor=found.sensor
    )


def newest(entries: Iterable[LogEntry], most: int) -> tuple[LogEntry, ...]:
    """The last `most` entries, newest first. Those without a time come last."""
    return tuple(sorted(entries, key=lambda one: _instant(one.at), reverse=True)[:most])


def _instant(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError, OSError):
        return float("-inf")


def firmwares(found: Iterable[Software]) -> tuple[Firmware, ...]:
    """Each firmware once."""
    kept: dict[tuple[str, str], Firmware] = {}
    for one in found:
        if one.version and not one.absent:
            date = one.released[:10] if _DATE.match(one.released) else ""
            kept.setdefault((one.name, one.version), Firmware(one.name, one.version, one.manufacturer, date))
    return tuple(sorted(kept.values(), key=lambda one: (one.component, one.version)))


def installed(found: Iterable[Firmware], current: Collection[str]) -> tuple[Firmware, ...]:
    """Without those that are only at hand: several BMCs list the version to roll back to beside the one that runs.

    current: versions that run, as the system and the manager themselves say (of the BIOS and the BMC).
    """
    every = list(found)
    running = {one.component for one in every if one.version in current}
    return tuple(one for one in every if one.component not in running or one.version in current)


def settings(attributes: Resource) -> dict[str, str]:
    """The BIOS settings as text: true and false in lower case, "" for what is not set. Passwords are left out."""
    return {name: _text(value) for name, value in sorted(attributes.items()) if not (value and _is_secret(name))}


@lru_cache(maxsize=4096)  # a machine has hundreds, its neighbours have the same
def _is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value[:1024]
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)[:1024]
