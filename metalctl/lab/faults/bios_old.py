"""A BIOS from before the site's baseline."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """States version 0.9.1."""
    return replace(node, bios="0.9.1")
