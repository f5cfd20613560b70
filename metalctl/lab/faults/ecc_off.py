"""Memory without error correction, as the firmware's table states it."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import need_dimms
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Turns the error correction off."""
    need_dimms(node, "ecc-off")
    return replace(node, ecc=False)
