"""A memory channel left empty: the last slot holds no module, and the memory is smaller by it."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import need_dimms
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes the last module out."""
    need_dimms(node, "channel-empty")
    return replace(node, memory=node.memory - node.dimms[-1], dimms=(*node.dimms[:-1], 0))
