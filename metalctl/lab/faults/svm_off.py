"""Virtualization switched off in the firmware: the CPU does not offer AMD-V (or VT-x)."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes the virtualization flag from the CPU."""
    return replace(node, virtualization=False)
