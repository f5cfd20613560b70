"""Pure parsers: the BMC itself, its log, the BIOS settings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.manager import LogEntrySchema, LogService, ManagerSchema
from metalctl.bmc.redfish.schema.network import EthernetInterface
from metalctl.bmc.redfish.schema.status import HEALTH
from metalctl.model.inventory import LogEntry, Manager

_HOST = re.compile(r"usb|rndis|to.?host|host.?(?:if|interface|link|ethernet)|virtual network", re.IGNORECASE)
_SECRET = re.compile(r"pass(?:word|phrase)|secret|(?:^|_)key$", re.IGNORECASE)


def manager(found: ManagerSchema, interfaces: Iterable[EthernetInterface], reached: str, now: datetime) -> Manager:
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
    """The one with our address, else one with an address of a network, else the first that is switched on.

    A link to the host (USB, or an address of the link alone) is never the BMC's own: every BMC of a kind may have its.
    """
    outside = [one for one in interfaces if one.mac and not _to_the_host(one)]
    on = [one for one in outside if one.enabled is not False]
    best = [
        *(one for one in outside if reached in _addresses(one)),
        *(one for one in on if any(map(_routed, _addresses(one)))),
        *(one for one in on if not _addresses(one)),
    ]
    return next(iter(best), None)


def _to_the_host(one: EthernetInterface) -> bool:
    named = _HOST.search(f"{one.id} {one.name}") is not None
    return bool(one.host_interface) or one.kind == "virtual" or one.absent or named


def _addresses(one: EthernetInterface) -> list[str]:
    """The addresses that it has; none and unset ones are left out."""
    stated = [a.get("Address") for a in [*one.addresses, *one.addresses6] if isinstance(a, dict)]
    return [a for a in stated if isinstance(a, str) and a.strip("0.:")]


def _routed(address: str) -> bool:
    """Whether it is an address of a network, not of the link alone."""
    try:
        return not ipaddress.ip_address(address.partition("%")[0]).is_link_local
    except ValueError:
        return False


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


def log_entry(found: LogEntrySchema) -> LogEntry:
    """One entry."""
    return LogEntry(
        at=found.created, severity=HEALTH.get(found.severity, ""), message=found.message, sensor=found.sensor
    )


def newest(entries: Iterable[LogEntry], most: int) -> tuple[LogEntry, ...]:
    """The last `most` entries, newest first. Those without a time come last."""
    return tuple(sorted(entries, key=lambda one: _instant(one.at), reverse=True)[:most])


def _instant(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError, OSError):
        return float("-inf")


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
