"""The first SSD is half the size declared, as when the wrong drive was put in."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Halves the first SSD."""
    for index, disk in enumerate(node.disks):
        if disk.kind == "ssd":
            small = replace(disk, size=disk.size // 2)
            return replace(node, disks=(*node.disks[:index], small, *node.disks[index + 1 :]))
    raise RackFileError(
        f"node {node.name}: fault small-disk, but the node declares no ssd",
        hint="declare {kind: ssd, size: 8 GiB} or drop the fault",
        node=node.name,
    )
