"""Memory without error correction, as the firmware's table states it."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import last_module
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Turns the error correction off."""
    last_module(node, "ecc-off")
    return replace(node, ecc=False)
