"""Simultaneous multithreading turned off in firmware setup: one thread a core."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Leaves each core one thread."""
    if node.threads == 1:
        raise RackFileError(
            f"node {node.name}: fault smt-off, but the node declares one thread a core",
            hint="declare threads: 2 or drop the fault",
            node=node.name,
        )
    return replace(node, vcpus=node.vcpus // node.threads, threads=1)
