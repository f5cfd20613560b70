"""A memory channel left empty: the last slot holds no module, and the memory is smaller by it."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import last_module
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes the last module out."""
    slot = last_module(node, "channel-empty")
    left = (*node.dimms[:slot], 0, *node.dimms[slot + 1 :])
    return replace(node, memory=node.memory - node.dimms[slot], dimms=left)
