"""Where a drive's counters are read: nvme-cli and smartctl, also behind RAID controllers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import tool
from metalctl.node.counters.snapshot import Counter, Snapshot
from metalctl.node.errors import ToolFailed

# Of the NVMe health log. A grown error log alone is no fault; spare is counted as what is used up of it.
_NVME = {
    "critical_warning": True,
    "media_errors": True,
    "warning_temp_time": True,
    "critical_comp_time": True,
    "num_err_log_entries": False,
    "unsafe_shutdowns": False,
}
# Raw SMART values that foretell a failure (Backblaze), and 199, the cable.
_ATA = {5, 187, 188, 197, 198, 199}


def disks(disks: Iterable[Disk], timeout: float = 20.0) -> Snapshot:
    """Health counters of every disk, by nvme-cli and smartctl."""
    found = Snapshot()
    for disk in disks:
        read = _nvme if disk.name.startswith("nvme") else _smart
        try:
            found += Snapshot(read(disk, timeout))
        except ToolFailed as failed:
            found += Snapshot(unreadable={disk.label: failed.message})
    return found


def _nvme(disk: Disk, timeout: float) -> dict[Counter, int]:
    return parse_nvme(
        tool.run(["nvme", "smart-log", "-o", "json", str(Path("/dev", disk.name))], timeout).require().out, disk.label
    )


def _smart(disk: Disk, timeout: float) -> dict[Counter, int]:
    # smartctl's exit code is a bit mask of findings; only bits 0 and 1 mean that it could not look.
    output = tool.run(["smartctl", "-j", "-A", "-l", "error", *_where(disk)], timeout)
    if output.code & 0b11 and not output.out.startswith("{"):
        output.require()
    return parse_smart(output.out, disk.label)


def _where(disk: Disk) -> list[str]:
    """How smartctl reaches it: a disk behind a RAID controller is called "megaraid,8 /dev/bus/0"."""
    kind, _, path = disk.name.partition(" ")
    return ["-d", kind, path] if path else [str(Path("/dev", disk.name))]


def parse_nvme(text: str, part: str) -> dict[Counter, int]:
    """The counters of `nvme smart-log -o json`; raises ToolFailed for any other text."""
    log = _object(text, "nvme smart-log")
    found = {Counter(part, k, serious): _number(log, k) for k, serious in _NVME.items() if k in log}
    if "avail_spare" in log:
        found[Counter(part, "spare_used_percent")] = 100 - _number(log, "avail_spare")
    if Counter(part, "media_errors") not in found:
        raise ToolFailed("nvme smart-log gave no media_errors", hint="run nvme smart-log by hand")
    return found


def parse_smart(text: str, part: str) -> dict[Counter, int]:
    """The counters of `smartctl -j -A -l error`, ATA or SCSI; raises ToolFailed when there are none of either."""
    data = _object(text, "smartctl")
    table = data.get("ata_smart_attributes", {}).get("table", [])
    found = {
        Counter(part, f"{row['id']} {row['name']}"): int(row["raw"]["value"]) for row in table if row.get("id") in _ATA
    }
    if "scsi_grown_defect_list" in data:
        found[Counter(part, "grown defects")] = _number(data, "scsi_grown_defect_list")
    for direction, values in data.get("scsi_error_counter_log", {}).items():
        if isinstance(values, Mapping) and "total_uncorrected_errors" in values:
            found[Counter(part, f"{direction} uncorrected errors")] = _number(values, "total_uncorrected_errors")
    if not found:
        raise ToolFailed("smartctl gave no health counters", hint="the disk or its controller offers no SMART")
    return found


def _object(text: str, name: str) -> Any:
    try:
        data = json.loads(text)
    except ValueError:
        raise ToolFailed(f"{name} wrote no JSON: {text[:120]!r}", hint=f"run {name} by hand") from None
    if not isinstance(data, dict):
        raise ToolFailed(f"{name} wrote no JSON object", hint=f"run {name} by hand")
    return data


def _number(data: Mapping[str, Any], key: str) -> int:
    """An integer that some tools write as text, and critical_warning as an object with `value`."""
    value = data[key]
    value = value.get("value") if isinstance(value, Mapping) else value
    try:
        return int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ToolFailed(f"{key} is {value!r}, not a number", hint="report the tool's version") from None
