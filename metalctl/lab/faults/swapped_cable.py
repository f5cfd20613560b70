"""The cables of the first two NICs are swapped: each is in the other one's switch port."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import two_nics
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Crosses the two cables."""
    two_nics(node, "swapped-cable")
    return replace(node, crossed=True)
