"""A fifth of the memory is gone, as when the firmware has mapped a module out."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.spec import MIB, Node


def apply(node: Node) -> Node:
    """Takes a fifth of the memory away, in whole 128 MiB."""
    return replace(node, memory=node.memory * 4 // 5 // (128 * MIB) * 128 * MIB)
