"""RAID volumes: Linux software RAID from /sys/block/md*, and hardware volumes where the driver tells a level in /sys
(hpsa, smartpqi), or the maker's tool does where it is installed (storcli.py, ssacli.py). Only such a tool knows whether
a hardware volume is whole: without it the health of the volume's disk stays unreadable, as a volume has no SMART.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from metalctl.model.inventory import Controller, Disk, DiskHealth, Volume
from metalctl.node.inspect import ssacli, storcli, values
from metalctl.node.inspect.host import Host

_BLOCK = "/sys/block"
CONTAINER = "container"
_STOPPED = frozenset({"clear", "inactive", "broken"})
_LEVEL = re.compile(r"RAID[- ](\d+)", re.IGNORECASE)


def told(host: Host, controllers: Iterable[Controller]) -> dict[str, Volume]:
    """What the makers' tools say of hardware volumes, by the kernel's name of their disk."""
    cards = list(controllers)
    return {v.name: v for v in (*storcli.volumes(host, cards), *ssacli.volumes(host, cards))}


def judged(host: Host, disks: Iterable[Disk], by_tool: Mapping[str, Volume]) -> tuple[Disk, ...]:
    """The disks, volumes among them with the health that the tool states: a mirror without its second half fails."""
    found = []
    for disk in disks:
        volume = by_tool.get(disk.name)
        if volume is not None and disk.kind == "unknown":
            disk = replace(disk, kind="volume")
        if disk.kind == "volume" and volume is not None and volume.health:
            status = "ok" if volume.health == "ok" else "failing"
            disk = replace(disk, health=replace(disk.health or DiskHealth(), status=status))
            host.forget(f"disks.{disk.name}.health")
            host.source(f"disks.{disk.name}.health", "the controller's own tool")
        found.append(disk)
    return tuple(found)


def collect(host: Host, disks: Iterable[Disk], by_tool: Mapping[str, Volume] | None = None) -> tuple[Volume, ...]:
    """Every volume; members by serial where the disk has one, else by kernel name (or as the tool calls them)."""
    known = {d.name: d for d in disks}
    arrays = [n for n in host.names(_BLOCK) if re.fullmatch(r"md\d+|md_[\w.-]+", n)]
    software = [_array(host, n, known) for n in arrays if _level(host, n)]
    hardware = [v for d in known.values() if (v := _volume(host, d, (by_tool or {}).get(d.name)))]
    if by_tool:
        host.source("volumes", "the controller's own tool")
    elif software or hardware:
        host.source("volumes", f"{_BLOCK}/*/md, {_BLOCK}/*/device/raid_level")
    return (*software, *hardware)


def _array(host: Host, name: str, known: Mapping[str, Disk]) -> Volume:
    base = f"{_BLOCK}/{name}"
    sectors = host.number(f"{base}/size")
    members = [_whole(host, slave) for slave in host.names(f"{base}/slaves")]
    level = _level(host, name)
    state, degraded = host.text(f"{base}/md/array_state"), host.number(f"{base}/md/degraded")
    return Volume(
        name=name,
        level=level,
        size=values.product(sectors, 512),
        members=tuple(known[m].serial or m if m in known else m for m in members),
        controller="md",
        health=health(state, degraded) if level != CONTAINER else "",
    )


def _level(host: Host, name: str) -> str:
    """ "raid1"…, or "container": the frame of firmware's RAID (IMSM, DDF) in which the arrays are.

    It never runs itself, and "inactive" is its state when all is in order; the arrays in it are judged.
    """
    metadata = host.text(f"{_BLOCK}/{name}/md/metadata_version")
    if metadata.startswith("external:") and not metadata.startswith(("external:/", "external:-")):
        return CONTAINER
    return host.text(f"{_BLOCK}/{name}/md/level")


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


def _volume(host: Host, disk: Disk, told: Volume | None) -> Volume | None:
    match = _LEVEL.search(host.text(f"{_BLOCK}/{disk.name}/device/raid_level"))
    level = f"raid{match.group(1)}" if match else ""
    if told is not None:
        named = disk.serial or disk.name
        return replace(told, name=named, level=told.level or level, size=disk.size, controller=disk.controller)
    return Volume(disk.serial or disk.name, level, disk.size, controller=disk.controller) if match else None
