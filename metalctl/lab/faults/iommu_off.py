"""The IOMMU switched off in the firmware."""

from __future__ import annotations

from dataclasses import replace

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def apply(node: Node) -> Node:
    """Takes the IOMMU away."""
    if not node.iommu:
        raise RackFileError(
            f"node {node.name}: fault iommu-off, but the node declares no IOMMU",
            hint="declare iommu: true or drop the fault",
            node=node.name,
        )
    return replace(node, iommu=False)
