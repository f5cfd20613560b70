"""What more than one fault needs of the node that it is put on."""

from __future__ import annotations

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def need_dimms(node: Node, fault: str) -> None:
    """Refuses a node without modules to take one from. Raises `RackFileError`."""
    if len(node.dimms) < 2 or not node.dimms[-1]:
        raise RackFileError(
            f"node {node.name}: fault {fault}, but the node declares no dimms to take one from",
            hint="declare dimms: 4 or drop the fault",
            node=node.name,
        )
