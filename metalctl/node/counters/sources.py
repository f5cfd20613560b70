"""Where counters are read: /sys for memory and ports, nvme-cli and smartctl for disks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from metalctl.model.frus import of_dimm
from metalctl.model.inventory import Dimm, Disk, Nic
from metalctl.node import edac, tool
from metalctl.node.counters.snapshot import Counter, Snapshot
from metalctl.node.errors import ToolFailed

# Serious: the wire, the cable or the port is bad. Not serious: load, or frames that nobody wanted.
_NIC = {
    "statistics/rx_errors": True,
    "statistics/tx_errors": True,
    "statistics/rx_crc_errors": True,
    "statistics/rx_frame_errors": True,
    "statistics/tx_carrier_errors": True,
    "carrier_down_count": True,
    "statistics/rx_dropped": False,
    "statistics/tx_dropped": False,
    "statistics/rx_missed_errors": False,
}
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


def cheap(nics: Iterable[Nic], root: Path = Path("/"), dimms: Iterable[Dimm] = ()) -> Snapshot:
    """Memory and port counters, from /sys only. dimms: the firmware's, by which a memory error is named."""
    return memory(root, dimms) + ports(nics, root)


def memory(root: Path, dimms: Iterable[Dimm] = ()) -> Snapshot:
    """Corrected and uncorrected memory errors: by DIMM where the driver's label names its slot, else by the driver's
    word; a controller's own sums only where it does not count by module, and what it could give to no module."""
    names, text = _names(root), _file_text(root)
    controllers = edac.controllers(names)
    if not controllers:
        return Snapshot(unreadable={"edac": "no memory controller driver is loaded"})
    found, known = Snapshot(), list(dimms)
    for controller in controllers:
        modules = edac.modules(names, text, controller)
        found += _by_module(modules, known)
        corrected, uncorrected = (any(c is not None for c in _all(modules, f)) for f in ("corrected", "uncorrected"))
        sums = ("ce_noinfo_count" if corrected else "ce_count", "ue_noinfo_count" if uncorrected else "ue_count")
        for name in sums:
            path = root / edac.ROOT.lstrip("/") / controller / name
            found += _file(path, Counter(f"memory controller {controller}", name))
    return found


def _all(modules: Iterable[edac.Module], fact: str) -> list[int | None]:
    return [getattr(m, fact) for m in modules]


def _by_module(modules: list[edac.Module], dimms: list[Dimm]) -> Snapshot:
    joined, unnamed = edac.by_dimm(modules, dimms)
    fitted = {d.slot: d for d in dimms if d.size}
    groups = {str(of_dimm(fitted[slot])): counted for slot, counted in joined.items()}
    for module in unnamed:
        groups.setdefault(f"dimm {module.label or module.place}", []).append(module)
    values = {}
    for part, counted in groups.items():
        for name, fact in (("dimm_ce_count", "corrected"), ("dimm_ue_count", "uncorrected")):
            if (count := edac.total(_all(counted, fact))) is not None:
                values[Counter(part, name)] = count
    return Snapshot(values)


def ports(nics: Iterable[Nic], root: Path) -> Snapshot:
    """Error counters of every port of the inventory."""
    found = Snapshot()
    for nic in nics:
        for name, serious in _NIC.items():
            path = root / "sys/class/net" / nic.name / name
            found += _file(path, Counter(nic.label, name.rsplit("/")[-1], serious))
    return found


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


def _file(path: Path, counter: Counter, read: Callable[[Path], str] = Path.read_text) -> Snapshot:
    try:
        return Snapshot({counter: int(read(path))})
    except FileNotFoundError:
        return Snapshot()  # not every driver has every counter
    except (OSError, ValueError) as odd:
        return Snapshot(unreadable={f"{counter.part} {counter.name}": str(odd)})


def _file_text(root: Path) -> edac.Text:
    def text(path: str) -> str:
        try:
            return (root / path.lstrip("/")).read_text(errors="replace").strip(" \t\r\n\0")
        except OSError:
            return ""

    return text


def _names(root: Path) -> edac.Names:
    def names(path: str) -> list[str]:
        try:
            return sorted(p.name for p in (root / path.lstrip("/")).iterdir())
        except OSError:
            return []

    return names
