"""What a drive says of its health now, for the checks: NVMe by nvme-cli, SATA and SAS by smartctl."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metalctl.model.behind import with_members
from metalctl.model.health import worse
from metalctl.model.inventory import Disk, DiskHealth, Inventory
from metalctl.model.profile import HealthLimits
from metalctl.node import tool
from metalctl.node.errors import ToolFailed
from metalctl.node.inspect import nvme as logs
from metalctl.node.inspect import smart, values
from metalctl.node.inspect.host import Local

_KELVIN = 273


@dataclass(frozen=True, slots=True)
class NvmeHealth:
    """critical_warning, group_warning: bits (None: it has no endurance groups to speak of); media_errors: count;
    percentage_used, spare: fractions; temperature: °C. self_test: how its last self-test failed, "" when it did not.
    doubts: what it keeps and does not show.
    """

    critical_warning: int
    media_errors: int
    percentage_used: float
    spare: float
    temperature: float | None
    group_warning: int | None = None
    self_test: str = ""
    doubts: tuple[str, ...] = ()


def read(disk: Disk, machine: Inventory, limits: HealthLimits, timeout: float = 30.0) -> DiskHealth:
    """The health of a drive or volume; raises ToolFailed when it says nothing.

    What only a RAID controller's own tool tells is as the inventory of this run has it.
    """
    if disk.kind == "volume":
        found = with_members(machine, [disk], limits)[0].health
    elif disk not in machine.raid_disks:
        found = _asked(disk, timeout)
    else:
        found = worse(disk.health, _asked(disk, timeout)) if " /dev/" in disk.name else disk.health
    if found is None:
        raise ToolFailed(f"{disk.label} says nothing of its health", hint="see metalctl inspect --local for the reason")
    return found


def _asked(disk: Disk, timeout: float) -> DiskHealth | None:
    if disk.name.startswith("nvme"):
        found = logs.health_of(values.parsed(_log(disk, timeout)))
        return None if found is None else _tested(found, disk, timeout)
    data = values.parsed(Local().tool((*smart.ASK, *where(disk)), timeout, smart.BELIEVED))
    found = smart.parse(data)
    if found is None:
        raise ToolFailed(f"{disk.label}: {smart.why(data)}", hint="ask it by hand: smartctl -x")
    return found


def _tested(health: DiskHealth, disk: Disk, timeout: float) -> DiskHealth:
    """With what the drive's own self-test found."""

    def ask(command: str) -> dict[str, Any]:
        try:
            return values.parsed(_nvme(command, disk, timeout))
        except ToolFailed:
            return {}

    return logs.tested(health, ask("id-ctrl"), lambda: ask("self-test-log"))


def where(disk: Disk) -> list[str]:
    """How smartctl reaches it: a disk behind a RAID controller is called "megaraid,8 /dev/bus/0"."""
    kind, _, path = disk.name.partition(" ")
    return ["-d", kind, path] if path else [str(Path("/dev", disk.name))]


def nvme(disk: Disk, timeout: float = 30.0) -> NvmeHealth:
    """Ask the drive; raises ToolFailed."""
    found = parse(_log(disk, timeout))
    tested = _tested(DiskHealth(status="ok"), disk, timeout)
    return replace(found, self_test="; ".join(tested.faults), doubts=tested.doubts)


def _log(disk: Disk, timeout: float) -> str:
    return _nvme("smart-log", disk, timeout)


def _nvme(command: str, disk: Disk, timeout: float) -> str:
    return tool.run(["nvme", command, "-o", "json", str(Path("/dev", disk.name))], timeout).require().out


def parse(text: str) -> NvmeHealth:
    """The log as nvme-cli writes it; raises ToolFailed for anything that is not all of it."""
    try:
        log = json.loads(text)
        kelvin = log.get("temperature")
        return NvmeHealth(
            critical_warning=_bits(log["critical_warning"]),
            media_errors=int(log["media_errors"]),
            percentage_used=int(_either(log, "percent_used", "percentage_used")) / 100,
            spare=int(_either(log, "avail_spare", "available_spare")) / 100,
            temperature=None if kelvin is None else float(kelvin) - _KELVIN,
            group_warning=_bits(log[logs.GROUPS]) if logs.GROUPS in log else None,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as odd:
        raise ToolFailed(f"nvme smart-log cannot be read: {odd!r}", hint="run nvme smart-log -o json by hand") from odd


def _bits(value: Any) -> int:
    """nvme-cli writes bits as a number, or as an object that names each."""
    return int(value["value"] if isinstance(value, dict) else value)


def _either(log: Any, *names: str) -> Any:
    return next(log[n] for n in names if n in log) if any(n in log for n in names) else log[names[0]]
