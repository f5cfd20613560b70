"""The BMC's clock runs two hours behind."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Sets the BMC's clock back."""
    return replace(node, clock_skew=-7200)
