"""Where a node sits in the network: its switches and their ports, as LLDP shows them, and who shares a switch.

Kept in the stage's memo as JSON, so that a thousand inventories need not be read to make one schedule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from metalctl.model.inventory import Inventory, Nic
from metalctl.model.run import BondSpec


def seat(inventory: Inventory, bonds: Iterable[BondSpec]) -> dict[str, Any]:
    """switches: id → name; ports: how each port is cabled. Of the members of the bonds; without bonds, of all ports."""
    members = {mac for bond in bonds for mac in bond.members}
    nics = [nic for nic in inventory.nics if nic.mac in members or not members]
    seen = {n.neighbour.identity or n.neighbour.switch: n.neighbour.switch for n in nics if n.neighbour}
    return {"switches": seen, "ports": [_cabled(nic) for nic in nics if members or nic.neighbour]}


def _cabled(nic: Nic) -> str:
    where = f"{nic.neighbour.switch} {nic.neighbour.port}" if nic.neighbour else "a switch port that no LLDP names"
    return f"{nic.name} → {where}"


def groups(seats: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Node → the name of its switch, or of the switches that its bonds join; "" where no LLDP names one.

    Nodes that share a switch sit together, and so do those that share one with them: a bond over two switches makes
    these one.
    """
    leader: dict[str, str] = {}

    def find(switch: str) -> str:
        while leader.setdefault(switch, switch) != switch:
            switch = leader[switch]
        return switch

    names: dict[str, str] = {}
    for some in seats.values():
        switches = dict(some.get("switches", {}))
        names |= switches
        for switch in switches:
            leader[find(switch)] = find(next(iter(switches)))
    joined: dict[str, set[str]] = defaultdict(set)
    for switch in names:
        joined[find(switch)].add(switch)
    shown = {top: "+".join(sorted({names[s] for s in some})) for top, some in joined.items()}
    twice = {name for name in shown.values() if list(shown.values()).count(name) > 1}
    named = {top: f"{name} ({min(joined[top])})" if name in twice else name for top, name in shown.items()}
    return {n: named[find(next(iter(s["switches"])))] if s.get("switches") else "" for n, s in seats.items()}
