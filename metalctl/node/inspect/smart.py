"""Health of SATA and SAS disks by smartctl's JSON: attributes, device statistics and SCSI log pages, one call a disk.

A disk is judged by what it counts, not by "passed". smartctl's exit code is made of bits: 0 and 1 mean that it could
not look; 2 that one command of several failed, a doubt only where what it should have brought is missing; 3 and 4 that
the disk, or an attribute at its threshold, predicts failure; 5 to 7 point to what is read here anyway (an attribute in
the past, the error log, a self-test). What attributes mean is data: smart.toml.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from metalctl.model.inventory import Disk, DiskHealth
from metalctl.node.inspect import attributes, nvme, selftest, values, wear
from metalctl.node.inspect.host import Host

_TIMEOUT = 30.0
BELIEVED = 0b11111100
_FAILING, _AT_THRESHOLD = 1 << 3, 1 << 4
# o: the text too, for what smartctl 7.3 has no JSON of.
ASK = ("smartctl", "--json=o", "-i", "-H", "-A", "-l", "error", "-l", "selftest", "-l", "devstat", "-l", "ssd")
_NON_MEDIUM = re.compile(r"Non-medium error count:\s+(\d{1,18})")
_CHECKSUM = "invalid SMART checksum"
_PROTOCOLS = ("read", "write", "verify")


def collect(host: Host, disk: Disk) -> tuple[DiskHealth | None, bool | None]:
    """The disk's health, and whether it states a capacitor against power loss."""
    fact = f"disks.{disk.name}.health"
    printed = host.tool(*ASK, f"/dev/{disk.name}", fact=fact, timeout=_TIMEOUT, tolerated=BELIEVED)
    if not printed:
        return None, None
    data = values.parsed(printed)
    health = parse(data)
    if health is None:
        host.unreadable(fact, why(data))
    else:
        host.source(fact, "smartctl")
    if doubted := wear.unit_unknown(data):
        host.unreadable(f"{fact}.written", doubted)
    return health, True if protected(data) else None


def parse(data: dict[str, Any]) -> DiskHealth | None:
    """The health in smartctl's JSON: ATA, SCSI or NVMe; None when it holds none."""
    if log := values.at(data, "nvme_smart_health_information_log"):
        return _nvme(data, log) if isinstance(log, dict) else None
    readings = attributes.readings(data)
    passed, table = values.at(data, "smart_status", "passed"), attributes.table(data)
    hours = values.whole(values.at(data, "power_on_time", "hours"))
    grown, uncorrected = values.whole(data.get("scsi_grown_defect_list")), _uncorrected(data)
    if not table and all(fact is None for fact in (passed, hours, grown, uncorrected)):
        return None
    counts, faults = _counts(readings), _faults(data, table)
    doubts = [r.doubt for r in readings if r.value is None]
    if not readings and grown is None and uncorrected is None:
        doubts.append("it states no count of errors that is known")
    return DiskHealth(
        status="failing" if faults or passed is False else "ok" if passed is True else "",
        wear=wear.used(data),
        hours=hours,
        defects=counts.get("defects", grown),
        pending=counts.get("pending", values.whole(values.at(data, "scsi_pending_defects", "count"))),
        link_errors=counts.get("link_errors"),
        spare=wear.spare(data),
        celsius=values.real(values.at(data, "temperature", "current")),
        written=wear.written(data),
        uncorrected=counts.get("uncorrected", uncorrected),
        timeouts=counts.get("timeouts"),
        offline=counts.get("offline"),
        non_medium=_non_medium(data),
        faults=tuple(faults),
        doubts=tuple(dict.fromkeys([*doubts, *_damaged(data)])),
    )


def _nvme(data: dict[str, Any], log: dict[str, Any]) -> DiskHealth | None:
    """Its log, and what smartctl says of it beside the log."""
    found = nvme.health_of(log, celsius=True)
    said = [] if found and found.faults else _faults(data, [])
    more = said or selftest.faults(data)
    return replace(found, status="failing", faults=(*found.faults, *more)) if found and more else found


def protected(data: dict[str, Any]) -> bool:
    """Whether the attributes state a capacitor against power loss; that they do not says nothing."""
    names = attributes.known()["capacitor"]["names"]
    return any(values.text(row.get("name")) in names for row in attributes.table(data))


def _counts(readings: list[attributes.Reading]) -> dict[str, int]:
    """The count's name → its number; where several attributes count the same, the largest."""
    found: dict[str, int] = {}
    for one in readings:
        if one.value is not None:
            found[one.count] = max(one.value, found.get(one.count, 0))
    return found


def _uncorrected(data: dict[str, Any]) -> int | None:
    """What a SCSI disk could not correct while reading, writing and verifying."""
    log = data.get("scsi_error_counter_log")
    counts = [values.whole(values.at(log, direction, "total_uncorrected_errors")) for direction in _PROTOCOLS]
    stated = [c for c in counts if c is not None]
    return sum(stated) if stated else None


def _faults(data: dict[str, Any], table: list[dict[str, Any]]) -> list[str]:
    bits = values.whole(values.at(data, "smartctl", "exit_status")) or 0
    found = [f"{values.text(row.get('name'))} is at its threshold" for row in table if _reached(row)]
    if bits & _AT_THRESHOLD and not found:
        found.append("an attribute that predicts failure is at its threshold")
    said = values.text(values.at(data, "smart_status", "scsi", "ie_string"))
    if values.at(data, "smart_status", "passed") is False or bits & _FAILING:
        found.insert(0, f"it predicts its failure{f': {said}' if said else ''}")
    return [*found, *selftest.faults(data)]


def _reached(row: dict[str, Any]) -> bool:
    """An attribute that predicts failure, at its threshold now. Others tell age, or a hot day in the past."""
    return values.at(row, "flags", "prefailure") is True and values.text(row.get("when_failed")).lower() == "now"


def _non_medium(data: dict[str, Any]) -> int | None:
    for line in _text(data):
        if match := _NON_MEDIUM.search(line):
            return int(match[1])
    return None


def _damaged(data: dict[str, Any]) -> list[str]:
    said = [_said(m) for m in values.objects(values.at(data, "smartctl", "messages"))]
    broken = any(_CHECKSUM in line for line in (*_text(data), *said))
    return ["its SMART data has a wrong checksum"] if broken else []


def _text(data: dict[str, Any]) -> list[str]:
    lines = values.at(data, "smartctl", "output")
    return [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []


def _said(message: dict[str, Any]) -> str:
    return values.text(message.get("string"))


def why(data: dict[str, Any]) -> str:
    """Why smartctl's JSON holds no health, as it says itself."""
    said = [_said(m) for m in values.objects(values.at(data, "smartctl", "messages"))]
    return "; ".join(s for s in said if s) or "the disk, or its controller, offers no SMART"
