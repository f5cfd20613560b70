"""A memory module that the firmware lists and has mapped out: the kernel does not see it."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import last_module
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes the last module's memory away and leaves it in the firmware's list."""
    slot = last_module(node, "mapped-out-dimm")
    return replace(node, memory=node.memory - node.dimms[slot])
