"""RAID volumes: Linux software RAID from /sys/block/md*, and hardware volumes where the driver tells a level in /sys
(hpsa, smartpqi). Other controllers show their volumes as plain disks and tell levels only to their vendor's tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from metalctl.model.inventory import Disk, Volume
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

_BLOCK = "/sys/block"
_STOPPED = frozenset({"clear", "inactive", "broken"})
_LEVEL = re.compile(r"RAID[- ](\d+)", re.IGNORECASE)


def collect(host: Host, disks: Iterable[Disk]) -> tuple[Volume, ...]:
    """Every volume; members by serial where the disk has one, else by kernel name."""
    known = {d.name: d for d in disks}
    arrays = [n for n in host.names(_BLOCK) if re.fullmatch(r"md\d+|md_[\w.-]+", n)]
    software = [_array(host, n, known) for n in arrays if host.text(f"{_BLOCK}/{n}/md/level")]
    hardware = [v for d in known.values() if (v := _volume(host, d))]
    if software or hardware:
        host.source("volumes", f"{_BLOCK}/*/md, {_BLOCK}/*/device/raid_level")
    return (*software, *hardware)


def _array(host: Host, name: str, known: Mapping[str, Disk]) -> Volume:
    base = f"{_BLOCK}/{name}"
    sectors = host.number(f"{base}/size")
    members = [_whole(host, slave) for slave in host.names(f"{base}/slaves")]
    return Volume(
        name=name,
        level=host.text(f"{base}/md/level"),
        size=values.product(sectors, 512),
        members=tuple(known[m].serial or m if m in known else m for m in members),
        controller="md",
        health=health(host.text(f"{base}/md/array_state"), host.number(f"{base}/md/degraded")),
    )


def health(state: str, degraded: int | None) -> str:
    """ "ok", "warning" (members missing), "critical" (not running) or "" when not stated."""
    if state in _STOPPED:
        return "critical"
    if degraded is None:
        return ""
    return "warning" if degraded > 0 else "ok"


def _whole(host: Host, name: str) -> str:
    """The disk that a partition is on; a whole disk is itself."""
    where = host.real(f"/sys/class/block/{name}")
    return where.rpartition("/")[0].rpartition("/")[2] if host.exists(f"{where}/partition") else name


def _volume(host: Host, disk: Disk) -> Volume | None:
    stated = host.text(f"{_BLOCK}/{disk.name}/device/raid_level")
    match = _LEVEL.search(stated)
    if not match:
        return None
    return Volume(disk.serial or disk.name, f"raid{match.group(1)}", disk.size, controller=disk.controller)
