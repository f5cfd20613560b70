"""What is known of a bond and its ports; and two readings as one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T", "BondState", "Port")


@dataclass(frozen=True, slots=True)
class Port:
    """A member. mac: permanent. up: by the bond's own link monitoring. speed: bit/s. failures: links lost since it
    joined. aggregator: the id of its group. actor, partner: LACP port states, bits as in IEEE 802.1AX: activity 1,
    timeout 2, aggregation 4, synchronisation 8, collecting 16, distributing 32, defaulted 64, expired 128. churned:
    "actor", "partner", or both.
    """

    name: str
    mac: str = ""
    up: bool | None = None
    speed: int | None = None
    duplex: str = ""
    failures: int | None = None
    aggregator: int | None = None
    actor: int | None = None
    partner: int | None = None
    churned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BondState:
    """A bond. miimon, arp_interval: ms between two looks at the links, 0 for none. aggregator: the active one, with
    aggregator_ports ports in it; partner_mac: all zeros when nobody answers."""

    name: str
    mode: str = ""
    mtu: int | None = None
    hash_policy: str = ""
    lacp_rate: str = ""
    miimon: int | None = None
    arp_interval: int | None = None
    aggregator: int | None = None
    aggregator_ports: int | None = None
    partner_mac: str = ""
    ports: tuple[Port, ...] = ()


def filled(first: T, second: T) -> T:
    """The first, with what it does not state from the second."""
    names = [f.name for f in dataclasses.fields(first) if getattr(first, f.name) in (None, "", ())]
    return dataclasses.replace(first, **{name: getattr(second, name) for name in names})


def joined(first: BondState, second: BondState) -> BondState:
    """Two readings of one bond; who its members are is the first's word, where it names any."""
    others = {port.name: port for port in second.ports}
    ports = tuple(filled(p, others[p.name]) if p.name in others else p for p in first.ports)
    return filled(dataclasses.replace(first, ports=ports), second)
