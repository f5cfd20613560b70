"""readdress: a node's BMC is at another address; with two nodes, their addresses were swapped.

The machine at the new address is asked who it is before anything is changed: under the certificate that is recorded of
the node (a stranger is sent no credential), logged in, its serial, UUID and MAC addresses against what is recorded.
Another machine is refused. What could not be told is refused too, unless the operator names the node as unseen: then
its certificate is forgotten with the address, and stage `verified` asks when it is enrolled next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from metalctl import bmc
from metalctl.bmc.errors import BmcError
from metalctl.content.secrets import SecretError
from metalctl.engine.operate.base import Done, refuse_under_way
from metalctl.engine.reach import credentials
from metalctl.model.errors import MetalctlError, UsageError
from metalctl.model.identity import Identity, agreements, contradictions
from metalctl.store import audit, nodes
from metalctl.store.database import lock
from metalctl.store.nodes import Node

Open = Callable[[Engine, Node], bmc.Bmc]


@dataclass(frozen=True, slots=True)
class _Move:
    """A node and its new address. known: what agreed there, and fingerprint: of the certificate, once it was seen."""

    node: Node
    address: str
    known: tuple[str, ...] = ()
    fingerprint: str = ""


def readdress(
    database: Engine,
    node: str,
    address: str = "",
    *,
    swap_with: str = "",
    actor: str,
    why: str = "",
    unseen: Collection[str] = (),
    open_bmc: Open = credentials.connect,
) -> list[Done]:
    """One of `address` and `swap_with`. unseen: nodes that are moved also where nobody could tell who is there.

    UsageError: one is under way, the address belongs to another node, another machine is there, or nobody can tell.
    """
    with database.connect() as connection:
        wanted = _wanted(connection, node, address, swap_with)
    if unknown := [name for name in unseen if name not in {move.node.name for move in wanted}]:
        raise UsageError(f"{unknown[0]} is not one of the nodes that are moved", hint="--unseen names a node of these")
    if not wanted:
        return [Done(node, f"is at {bmc.parse_endpoint(address)} already", changed=False)]
    moves = [_seen(database, move, open_bmc, allowed=move.node.name in unseen) for move in wanted]
    with database.begin() as connection:
        lock(connection)
        _refuse_changed(connection, node, address, swap_with, wanted)
        # The address is unique: for a moment, inside the transaction, all of them are nowhere.
        for move in moves:
            nodes.change(connection, move.node.name, bmc=f"moving {move.node.name}")
        return [_move(connection, move, actor, why) for move in moves]


def _wanted(connection: Connection, node: str, address: str, swap_with: str) -> list[_Move]:
    first = nodes.get(connection, node)
    refuse_under_way(connection, node, "readdressed")
    if swap_with:
        second = nodes.get(connection, swap_with)
        refuse_under_way(connection, swap_with, "readdressed")
        if second.name == first.name:
            raise UsageError(f"{node} cannot be swapped with itself", hint="name the other node")
        return [_Move(first, second.bmc), _Move(second, first.bmc)]
    wanted = str(bmc.parse_endpoint(address))
    if wanted == first.bmc:
        return []
    owner = next((n.name for n in nodes.listing(connection) if n.bmc == wanted), "")
    if owner:
        raise UsageError(
            f"{wanted} belongs to {owner}", hint=f"if the two were swapped: metalctl readdress {node} --swap {owner}"
        )
    return [_Move(first, wanted)]


def _refuse_changed(connection: Connection, node: str, address: str, swap_with: str, wanted: list[_Move]) -> None:
    """The BMCs were asked without holding the store: it must still be so."""
    if [(m.node, m.address) for m in _wanted(connection, node, address, swap_with)] != [
        (m.node, m.address) for m in wanted
    ]:
        raise UsageError(f"{node} was changed by another while its BMC was asked", hint="look again, and repeat it")


def _seen(database: Engine, move: _Move, open_bmc: Open, *, allowed: bool) -> _Move:
    """The move with what was seen at its address; UsageError where that is another machine, or nobody could tell."""
    node = move.node
    try:
        found, fingerprint = _ask(database, replace(node, bmc=move.address), open_bmc)
    except (BmcError, SecretError) as error:
        return _unseen(move, error, allowed=allowed)
    recorded = node.identity or Identity()
    if wrong := contradictions(found, recorded):
        raise UsageError(
            f"{move.address} is not {node.name}: {'; '.join(wrong)}",
            hint="nothing was changed; if its board was exchanged, enroll it with its new address",
        )
    if known := agreements(found, recorded):
        return replace(move, known=tuple(known), fingerprint=fingerprint)
    nothing = MetalctlError(f"nothing that it states is recorded of {node.name}")
    return _unseen(move, nothing, allowed=allowed)


def _ask(database: Engine, node: Node, open_bmc: Open) -> tuple[Identity, str]:
    with open_bmc(database, node) as session:
        return session.identity(), session.endpoint.fingerprint


def _unseen(move: _Move, error: MetalctlError, *, allowed: bool) -> _Move:
    if allowed:
        return move
    raise UsageError(
        f"metalctl cannot check whether {move.address} is {move.node.name}: {error.message}",
        hint=f"nothing was changed; to move it all the same: --unseen {move.node.name}"
        + (f" ({error.hint})" if error.hint else ""),
    )


def _move(connection: Connection, move: _Move, actor: str, why: str) -> Done:
    node, seen = move.node, ", ".join(move.known)
    trust = "" if node.authorities else move.fingerprint
    nodes.change(connection, node.name, bmc=move.address, fingerprint=trust)
    audit.record(connection, node.name, "readdress", actor=actor, why=why, before=node.bmc, now=move.address, seen=seen)
    how = f"known by its {seen}" if seen else "unseen: who is there is asked when it is enrolled next"
    return Done(node.name, f"is at {move.address} (was {node.bmc}); {how}")
