"""One power supply fewer than the bays hold."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes one power supply out."""
    return replace(node, supplies=max(0, node.supplies - 1))
