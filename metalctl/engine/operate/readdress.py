"""readdress: a node's BMC is at another address; with two nodes, their addresses were swapped.

What is recorded of the certificate is forgotten with the address. Whether the machine there is the node is asked when
it is enrolled next (stage verified), and not before.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from metalctl import bmc
from metalctl.engine.operate.base import Done, refuse_under_way
from metalctl.model.errors import UsageError
from metalctl.store import audit, nodes
from metalctl.store.database import lock
from metalctl.store.nodes import Node


def readdress(
    database: Engine, node: str, address: str = "", *, swap_with: str = "", actor: str, why: str = ""
) -> list[Done]:
    """One of `address` and `swap_with`. UsageError: one is under way, or the address belongs to another node."""
    with database.begin() as connection:
        lock(connection)
        first = nodes.get(connection, node)
        refuse_under_way(connection, node, "readdressed")
        if swap_with:
            return _swap(connection, first, nodes.get(connection, swap_with), actor, why)
        wanted = str(bmc.parse_endpoint(address))
        if wanted == first.bmc:
            return [Done(node, f"is at {wanted} already", changed=False)]
        owner = next((n.name for n in nodes.listing(connection) if n.bmc == wanted), "")
        if owner:
            raise UsageError(
                f"{wanted} belongs to {owner}",
                hint=f"if the two were swapped: metalctl readdress {node} --swap {owner}",
            )
        return [_move(connection, first, wanted, actor, why)]


def _swap(connection: Connection, a: Node, b: Node, actor: str, why: str) -> list[Done]:
    refuse_under_way(connection, b.name, "readdressed")
    # The address is unique: one of them is nowhere for a moment, inside the transaction.
    nodes.change(connection, a.name, bmc=f"swapping {a.name}")
    second = _move(connection, b, a.bmc, actor, why)
    return [_move(connection, a, b.bmc, actor, why), second]


def _move(connection: Connection, node: Node, address: str, actor: str, why: str) -> Done:
    nodes.change(connection, node.name, bmc=address, fingerprint="")
    audit.record(connection, node.name, "readdress", actor=actor, why=why, before=node.bmc, now=address)
    return Done(node.name, f"is at {address} (was {node.bmc}); its certificate is recorded anew at the next contact")
