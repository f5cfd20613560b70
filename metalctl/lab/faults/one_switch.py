"""Both cables go to one switch where a pair of them is there."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import two_nics
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Plugs every cable into the first switch."""
    two_nics(node, "one-switch")
    return replace(node, one_switch=True)
