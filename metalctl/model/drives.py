"""Disks that show one serial, told apart: paths to one disk, and logical units or namespaces of one drive.

A dual-ported disk without multipathd is listed once a path, a dual-actuator disk once an actuator (a logical unit with
half of the capacity), an NVMe drive once a namespace: all with the drive's one serial. What tells them is the unit's
world-wide name (NAA, NGUID, EUI-64): the same name is the same disk, another name is another unit.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from metalctl.model.inventory import Disk


def told_apart(disks: Iterable[Disk]) -> tuple[Disk, ...]:
    """The disks in their order: paths to one disk are one, with `paths`; units of one drive have their `unit`.

    Disks that share a serial and state no name of their own stay as they are: nobody can tell which is which.
    """
    listed = tuple(disks)
    serials = [d.serial for d in listed if d.serial]
    if len(set(serials)) == len(serials):
        return listed
    groups: dict[str, list[Disk]] = defaultdict(list)
    for disk in listed:
        if disk.serial:
            groups[disk.serial].append(disk)
    known = {id(d): found for g in groups.values() if len(g) > 1 for d, found in zip(g, _named(g), strict=True)}
    told = [known.get(id(d), d) for d in listed]
    return tuple(d for d in told if d is not None)


def shared(disks: Iterable[Disk]) -> Mapping[str, str]:
    """Keys of disks that cannot be told apart, with what they share: `serial` or `world-wide name`.

    One name under unlike serials is either two paths through bridges that make serials up, or two disks with a name
    that nobody burned in: the name cannot tell which.
    """
    listed = [d for d in disks if d.serial]
    keys = Counter(d.key for d in listed)
    names = Counter(name for name, _ in {(_name(d), d.key) for d in listed} if name)
    found = {d.key: "world-wide name" for d in listed if names[_name(d)] > 1}
    return found | {key: "serial" for key, n in keys.items() if n > 1}


def _name(disk: Disk) -> str:
    """The world-wide name in one spelling; "" where it is stated by nobody or is a filler such as 5000000000000000."""
    name = re.sub(r"^(0x|naa\.|eui\.|nvme\.|uuid\.)", "", disk.wwn.lower())
    return "" if len(set(name[-8:])) < 2 else name


def drive(disk: Disk) -> str:
    """What the disk is a part of, for counting drives: namespaces of one NVMe drive are one drive.

    Logical units of a dual-actuator disk are not: each has heads of its own, and is lost alone.
    """
    return f"{disk.serial} {disk.pci}" if disk.kind == "nvme" and disk.unit else disk.key


def _named(group: list[Disk]) -> list[Disk | None]:
    """The disks of one serial: None for a further path to one that is there; as they are where one has no name."""
    names = [d.wwn.lower() for d in group]
    sizes = {(name, d.size) for name, d in zip(names, group, strict=True)}
    if not all(names) or len(sizes) > len(set(names)):
        return list(group)
    several, found = len(set(names)) > 1, list[Disk | None]()
    for name, disk in zip(names, group, strict=True):
        same = [d for d in group if d.wwn.lower() == name]
        whole = replace(disk, unit=name if several else disk.unit, paths=_others(disk, same))
        found.append(whole if same[0] is disk else None)
    return found


def _others(disk: Disk, same: list[Disk]) -> tuple[str, ...]:
    """The names of the other paths to it."""
    return tuple(p for d in same for p in (d.name, *d.paths) if p != disk.name)
