"""What more than one fault needs of the node that it is put on."""

from __future__ import annotations

from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node


def last_module(node: Node, fault: str) -> int:
    """The last slot that holds a module. Raises `RackFileError` where the node declares none to break."""
    fitted = [slot for slot, size in enumerate(node.dimms) if size]
    if not fitted:
        raise RackFileError(
            f"node {node.name}: fault {fault}, but the node declares no dimms",
            hint="declare dimms: 4 or drop the fault",
            node=node.name,
        )
    return fitted[-1]


def two_nics(node: Node, fault: str) -> None:
    """Refuses a node with one NIC. Raises `RackFileError`."""
    if len(node.nics) < 2:
        raise RackFileError(
            f"node {node.name}: fault {fault}, but the node declares one NIC",
            hint="declare nics: 2 or drop the fault",
            node=node.name,
        )
