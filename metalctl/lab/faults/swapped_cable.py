"""The cables of the first two NICs are swapped: each is in the other one's switch port."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Crosses the two cables."""
    if len(node.nics) < 2:
        raise RackFileError(
            f"node {node.name}: fault swapped-cable, but the node declares one NIC",
            hint="declare nics: 2 or drop the fault",
            node=node.name,
        )
    return replace(node, crossed=True)
