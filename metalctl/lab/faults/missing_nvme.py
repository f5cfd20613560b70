"""One NVMe drive fewer than declared."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes the last NVMe drive out."""
    disks = list(node.disks)
    for index in range(len(disks) - 1, -1, -1):
        if disks[index].kind == "nvme":
            return replace(node, disks=tuple(disks[:index] + disks[index + 1 :]))
    raise RackFileError(
        f"node {node.name}: fault missing-nvme, but the node declares no nvme",
        hint="declare {kind: nvme, size: 2 GiB} or drop the fault",
        node=node.name,
    )
