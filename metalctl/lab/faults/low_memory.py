"""A fifth of the memory was never fitted: every module is smaller than what was ordered."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.spec import MIB, Node


def apply(node: Node) -> Node:
    """Takes a fifth of the memory away, in whole 128 MiB, and off each declared module its share."""
    memory = node.memory * 4 // 5 // (128 * MIB) * 128 * MIB
    return replace(node, memory=memory, dimms=(memory // len(node.dimms),) * len(node.dimms) if node.dimms else ())
