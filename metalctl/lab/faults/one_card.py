"""All ports are on one card, which takes the whole bond with it when it fails."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.faults._need import two_nics
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Makes the NICs functions of one PCI device."""
    two_nics(node, "one-card")
    return replace(node, one_card=True)
