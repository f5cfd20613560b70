"""NVMe: health, firmware slots, namespaces and their formats, by nvme-cli's JSON; the PCIe link comes from /sys.

Four calls for a disk: `nvme smart-log`, `id-ctrl`, `fw-log`, `id-ns`. Power-loss protection is what the controller
itself states: without a volatile write cache (VWC bit 0) nothing that it acknowledged is lost with the power.
Source: NVM Express Base Specification, Identify Controller and the SMART / Health and Firmware Slot logs.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from metalctl.model.inventory import Disk, DiskHealth, Namespace
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

_TIMEOUT = 20.0
_DATA_UNIT = 512_000  # bytes
_KELVIN = 273.15
_SLOT = re.compile(r"Firmware Rev Slot (\d)")
_TEXT_OF = re.compile(r"\(([^)]*)\)\s*$")
_LBA_FORMATS = 64
_CONTROLLER = re.compile(r"(nvme\d+)(?:c\d+)?n(\d+)")


def details(host: Host, disk: Disk) -> Disk:
    """The disk with what its controller tells; each part that it does not tell is an unreadable fact."""
    match = _CONTROLLER.fullmatch(disk.name)
    if not match:
        host.unreadable(f"disks.{disk.name}.health", "its name is not that of an NVMe namespace")
        return disk
    controller, namespace = match.groups()
    health = health_of(_ask(host, disk, "health", "smart-log", f"/dev/{controller}"))
    identity = _ask(host, disk, "power_loss_protection", "id-ctrl", f"/dev/{controller}")
    slots = firmware_slots(_ask(host, disk, "firmware_slots", "fw-log", f"/dev/{controller}"))
    number = host.number(f"/sys/block/{disk.name}/nsid") or int(namespace)
    spaces = _ask(host, disk, "namespaces", "id-ns", f"/dev/{disk.name}")
    found = namespace_of(number, spaces)
    if health is None:
        host.unreadable(f"disks.{disk.name}.health", "nvme smart-log printed no health log")
    return replace(
        disk,
        health=health,
        firmware_slots=slots,
        namespaces=(found,) if found else (),
        power_loss_protection=protected(identity),
    )


def _ask(host: Host, disk: Disk, fact: str, command: str, device: str) -> dict[str, Any]:
    where = f"disks.{disk.name}.{fact}"
    printed = host.tool("nvme", command, "-o", "json", device, fact=where, timeout=_TIMEOUT)
    if printed:
        host.source(where, f"nvme {command}")
    return values.parsed(printed)


def health_of(log: dict[str, Any]) -> DiskHealth | None:
    """The health of `nvme smart-log -o json`; None when the text was no such log."""
    warning, errors = values.whole(log.get("critical_warning")), values.whole(log.get("media_errors"))
    if warning is None or errors is None:
        return None
    kelvin, written = values.real(log.get("temperature")), values.whole(log.get("data_units_written"))
    wear = next((w for k in ("percent_used", "percentage_used") if (w := values.real(log.get(k))) is not None), None)
    return DiskHealth(
        status="failing" if warning else "ok",
        wear=wear,
        hours=values.whole(log.get("power_on_hours")),
        defects=errors,
        spare=values.real(log.get("avail_spare")),
        celsius=round(kelvin - _KELVIN) if kelvin is not None and 0 < kelvin < 1000 else None,
        written=None if written is None else written * _DATA_UNIT,
    )


def firmware_slots(log: dict[str, Any]) -> tuple[str, ...]:
    """The firmware in each slot of `nvme fw-log -o json`, "2: GDC5902Q (active)"; empty slots are left out."""
    body = next((v for v in log.values() if isinstance(v, dict)), log)
    active = next((values.whole(v) for k, v in body.items() if k.startswith("Active Firmware Slot")), None)
    found = {}
    for key, value in body.items():
        if match := _SLOT.fullmatch(key):
            text = values.text(value)
            named = _TEXT_OF.search(text)
            if version := (named.group(1) if named else text).strip():
                found[int(match.group(1))] = version
    running = (active or 0) & 0x07  # the next bits say what runs after a reset
    return tuple(f"{n}: {v}{' (active)' if n == running else ''}" for n, v in sorted(found.items()))


def namespace_of(number: int, identity: dict[str, Any]) -> Namespace | None:
    """A namespace of `nvme id-ns -o json`; None when the text was none."""
    blocks, formats = values.whole(identity.get("nsze")), values.objects(identity.get("lbafs"))
    if blocks is None or not formats:
        return None
    sizes = [1 << ds if (ds := values.whole(f.get("ds")) or 0) and 0 < ds < 32 else 0 for f in formats[:_LBA_FORMATS]]
    used = values.whole(identity.get("flbas")) or 0
    index = (used & 0x0F) | (used >> 5 & 0x03) << 4
    block = sizes[index] if index < len(sizes) else 0
    return Namespace(
        id=number,
        size=blocks * block if block else None,
        logical_block=block or None,
        formats=tuple(sorted({s for s in sizes if s})),
    )


def protected(identity: dict[str, Any]) -> bool | None:
    """Whether what was acknowledged survives a power cut, as the controller states it (VWC)."""
    cache = values.whole(identity.get("vwc"))
    return None if cache is None else not cache & 1
