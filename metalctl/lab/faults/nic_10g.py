"""The first NIC runs at 10 Gb/s, as with a wrong transceiver or the wrong switch port."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.spec import Nic, Node


def apply(node: Node) -> Node:
    """Slows the first NIC down; the others stay as declared."""
    return replace(node, nics=(Nic(speed=10_000), *node.nics[1:]))
