"""Where a drive's counters are read: nvme-cli and smartctl, also behind RAID controllers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from metalctl.model.health import counted
from metalctl.model.inventory import Disk
from metalctl.node import health, tool
from metalctl.node.counters.snapshot import Counter, Snapshot
from metalctl.node.errors import ToolFailed
from metalctl.node.inspect import attributes, nvme, values

# Of the NVMe health log. A grown error log alone is no fault; spare is counted as what is used up of it.
_NVME = {
    "media_errors": True,
    "warning_temp_time": True,
    "critical_comp_time": True,
    "num_err_log_entries": False,
    "unsafe_shutdowns": False,
}
# How many there are now, not how many there were.
_GAUGES = ("pending", "offline")
_ASK = ("smartctl", "-j", "-i", "-H", "-A", "-l", "error")


def disks(disks: Iterable[Disk], timeout: float = 20.0) -> Snapshot:
    """Health counters of every disk, by nvme-cli and smartctl."""
    found = Snapshot()
    for disk in disks:
        try:
            found += Snapshot(_nvme(disk, timeout) if disk.name.startswith("nvme") else _smart(disk, timeout))
        except ToolFailed as failed:
            found += Snapshot(unreadable={disk.label: failed.message})
    return found


def _nvme(disk: Disk, timeout: float) -> dict[Counter, int]:
    return parse_nvme(health.smart_log(disk, timeout), disk.label)


def _smart(disk: Disk, timeout: float) -> dict[Counter, int]:
    # smartctl's exit code is a bit mask of findings; only bits 0 and 1 mean that it could not look.
    output = tool.run([*_ASK, *health.where(disk)], timeout)
    if output.code & 0b11 and not output.out.startswith("{"):
        output.require()
    return parse_smart(output.out, disk.label, disk.kind)


def parse_nvme(text: str, part: str) -> dict[Counter, int]:
    """The counters of `nvme smart-log -o json`; raises ToolFailed for any other text."""
    log = _object(text, "nvme smart-log")
    found = {Counter(part, k, serious): _number(log, k) for k, serious in _NVME.items() if k in log}
    if Counter(part, "media_errors") not in found:
        raise ToolFailed("nvme smart-log gave no media_errors", hint="run nvme smart-log by hand")
    if "avail_spare" in log:
        found[Counter(part, "spare_used_percent", gauge=True)] = 100 - _number(log, "avail_spare")
    warned = nvme.faults(log)
    return found | {Counter(part, f"warning: {word}", gauge=True): int(word in warned) for word in nvme.warnings()}


def parse_smart(text: str, part: str, kind: str = "") -> dict[Counter, int]:
    """The counters of `smartctl -j -i -H -A`, ATA or SCSI; raises ToolFailed when there are none of either.

    kind: as of a Disk. What a maker packs is taken apart first; a counter that nobody can read is none.
    """
    data = _object(text, "smartctl")
    found: dict[Counter, int] = {}
    for one in attributes.readings(data):
        if one.value is not None:
            serious = one.count in counted(kind) or one.count == "link_errors"
            name = f"{one.id} {one.name}" if one.id is not None else one.name
            found[Counter(part, name, serious, one.count in _GAUGES)] = one.value
    if "scsi_grown_defect_list" in data:
        found[Counter(part, "grown defects")] = _number(data, "scsi_grown_defect_list")
    for direction, told in _directions(data):
        found[Counter(part, f"{direction} uncorrected errors")] = _number(told, "total_uncorrected_errors")
    if (passed := values.at(data, "smart_status", "passed")) is not None and found:
        found[Counter(part, "predicted failure", gauge=True)] = int(passed is False)
    if not found:
        raise ToolFailed("smartctl gave no health counters", hint="the disk or its controller offers no SMART")
    return found


def _directions(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    log = data.get("scsi_error_counter_log")
    rows = log.items() if isinstance(log, Mapping) else ()
    return [(name, told) for name, told in rows if isinstance(told, Mapping) and "total_uncorrected_errors" in told]


def _object(text: str, name: str) -> dict[str, Any]:
    if not (data := values.parsed(text)) and text.strip() != "{}":
        raise ToolFailed(f"{name} wrote no JSON object: {text[:120]!r}", hint=f"run {name} by hand")
    return data


def _number(data: Mapping[str, Any], key: str) -> int:
    if (value := values.whole(data[key])) is None:
        raise ToolFailed(f"{key} is {data[key]!r}, not a number", hint="report the tool's version")
    return value
