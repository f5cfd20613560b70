"""One hard disk fewer than declared, as when a drive is dead or was never seated."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes the last hard disk out."""
    disks = list(node.disks)
    for index in range(len(disks) - 1, -1, -1):
        if disks[index].kind == "hdd":
            return replace(node, disks=tuple(disks[:index] + disks[index + 1 :]))
    raise RackFileError(
        f"node {node.name}: fault missing-hdd, but the node declares no hdd",
        hint="declare {kind: hdd, size: 2 GiB, count: 3} or drop the fault",
        node=node.name,
    )
