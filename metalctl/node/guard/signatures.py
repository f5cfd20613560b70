"""What wipefs finds on a disk: tables, file systems, LVM, RAID, Ceph. That it finds nothing does not make it empty."""

from __future__ import annotations

import os
from pathlib import Path

from metalctl.model.inventory import Disk
from metalctl.node import tool
from metalctl.node.guard.target import partitions
from metalctl.node.inspect.host import Host, LocalHost


def signatures(disk: Disk, host: Host | None = None) -> list[str]:
    """What lies on the disk and its partitions, such as "sda: gpt", "sda1: LVM2_member"; changes nothing.

    Raises ToolFailed without wipefs (util-linux), or when it cannot read one of them.
    """
    names = [disk.name, *partitions(host or LocalHost(), disk.name)]
    return [s for name in names for s in signatures_of(f"/dev/{name}")]


def signatures_of(device: str | os.PathLike[str]) -> list[str]:
    """The same for one device or image file."""
    listed = tool.run(["wipefs", "--no-act", "--parsable", "--output", "TYPE", str(device)], 30).require().out
    types = (line.strip() for line in listed.splitlines() if line.strip() and not line.startswith("#"))
    return list(dict.fromkeys(f"{Path(device).name}: {found}" for found in types))
