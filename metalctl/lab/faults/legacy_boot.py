"""The firmware set to legacy (BIOS) boot where UEFI was asked for."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Boots the node with the BIOS."""
    if node.firmware == "bios":
        raise RackFileError(
            f"node {node.name}: fault legacy-boot, but the node declares firmware: bios",
            hint="declare firmware: uefi or drop the fault",
            node=node.name,
        )
    return replace(node, firmware="bios")
