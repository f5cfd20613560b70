"""What a drive says of its health now, for the checks: NVMe by nvme-cli, SATA and SAS by smartctl."""

from __future__ import annotations

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
        found = logs.health_of(values.parsed(smart_log(disk, timeout)))
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


def nvme(disk: Disk, timeout: float = 30.0) -> tuple[dict[str, float], DiskHealth]:
    """(what its log states, what its own self-test found), for the check of that name.

    The log: critical_warning and, of a drive with such groups, endurance_group_warning (bits), media_errors (count),
    percentage_used, spare (fractions), temperature (°C) where it is stated. Raises ToolFailed for a log that is not
    whole.
    """
    log = values.parsed(smart_log(disk, timeout))
    health = logs.health_of(log) or DiskHealth()
    wanted: dict[str, float | None] = {"critical_warning": values.whole(log.get("critical_warning"))}
    if logs.GROUPS in log:
        wanted["endurance_group_warning"] = values.whole(log[logs.GROUPS])
    used, spare = (None if part is None else part / 100 for part in (health.wear, health.spare))
    wanted |= {"media_errors": health.defects, "percentage_used": used, "spare": spare}
    if absent := [name for name, value in wanted.items() if value is None]:
        raise ToolFailed(f"nvme smart-log states no {absent[0]}", hint="run nvme smart-log -o json by hand")
    stated = {name: value for name, value in (wanted | {"temperature": health.celsius}).items() if value is not None}
    return stated, _tested(DiskHealth(status="ok"), disk, timeout)


def smart_log(disk: Disk, timeout: float) -> str:
    """The health log of an NVMe drive as JSON."""
    return _nvme("smart-log", disk, timeout)


def _nvme(command: str, disk: Disk, timeout: float) -> str:
    return tool.run(["nvme", command, "-o", "json", str(Path("/dev", disk.name))], timeout).require().out
