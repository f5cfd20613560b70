"""Is a bond what it must be, and does each of its ports take part: every complaint names the bond or the member port.

A bond that has a carrier, even one whose switch answers, may leave a port out: only the LACP states of both ends of
each port tell (IEEE 802.1AX). What the kernel does not state is neither a complaint nor a consent: it is `unsure`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from metalctl.model.run import BondSpec
from metalctl.node.bondstate import BondState, Port

_NOBODY = "00:00:00:00:00:00"
_ACTIVE, _TIMEOUT, _AGGREGATING = 0x01, 0x02, 0x04
_NEEDED = {_AGGREGATING: "aggregating", 0x08: "synchronised", 0x10: "collecting", 0x20: "distributing"}
_BAD = {0x40: "defaulted", 0x80: "expired"}


@dataclass(slots=True)
class Judgement:
    """wrong: what is not as it must be. lacp: what LACP has not brought about, and may within seconds. unsure: what
    nobody states."""

    wrong: list[str] = field(default_factory=list)
    lacp: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)

    def same(self, what: str, got: object, wanted: object) -> None:
        """Whether a fact is as wanted."""
        self.hold(what, got, got == wanted, f"{what} is {got}, wanted {wanted}")

    def hold(self, what: str, got: object, good: bool, complaint: str) -> None:
        """A fact that must be stated and good."""
        if got is None or got == "":
            self.unsure.append(f"{what} is not stated")
        elif not good:
            self.wrong.append(complaint)


def judge(bond: BondState, wanted: BondSpec, max_failures: float | None = None) -> Judgement:
    """The bond against its specification. max_failures: links that a port may have lost since it joined."""
    found = Judgement()
    found.same("mtu", bond.mtu, wanted.mtu)
    found.same("mode", bond.mode, wanted.mode)
    if wanted.mode in ("802.3ad", "balance-xor"):
        found.same("hash policy", bond.hash_policy, wanted.hash_policy)
    if not bond.arp_interval:
        found.hold("miimon", bond.miimon, bool(bond.miimon), "miimon is 0: the bond does not watch its links")
    _members(found, bond, wanted)
    for port in bond.ports:
        _port(found, port, wanted, max_failures)
    if wanted.mode == "802.3ad":
        _aggregate(found, bond, wanted)
        for port in bond.ports:
            _states(found, port, wanted)
    return found


def _members(found: Judgement, bond: BondState, wanted: BondSpec) -> None:
    there = {port.mac: port for port in bond.ports}
    found.unsure += [f"the permanent MAC of port {port.name} is not stated" for port in bond.ports if not port.mac]
    ours = {mac.lower() for mac in wanted.members}
    found.wrong += [f"port {mac} is not a member" for mac in sorted(ours - set(there))]
    found.wrong += [
        f"port {_name(there[mac])} is a member and should not be" for mac in sorted(set(there) - ours) if mac
    ]


def _port(found: Judgement, port: Port, wanted: BondSpec, max_failures: float | None) -> None:
    name = f"port {_name(port)}"
    found.hold(f"{name}: its link", port.up, bool(port.up), f"{name} is down")
    if port.up and wanted.speed is not None:
        speed = port.speed or 0
        slow = f"{name} runs at {speed // 10**6} Mb/s, wanted {wanted.speed / 1e6:.0f}"
        found.hold(f"{name}: its speed", port.speed, speed >= wanted.speed, slow)
    if port.up:
        found.hold(f"{name}: its duplex", port.duplex, port.duplex == "full", f"{name} is {port.duplex} duplex")
    if max_failures is not None:
        lost = f"{name} lost its link {port.failures} times since it joined, at most {max_failures:g} allowed"
        found.hold(f"{name}: the count of its lost links", port.failures, (port.failures or 0) <= max_failures, lost)


def _aggregate(found: Judgement, bond: BondState, wanted: BondSpec) -> None:
    found.same("LACP rate", bond.lacp_rate, wanted.lacp_rate)
    nobody = "no LACP partner answers: the switch ports are not in an LACP group"
    found.hold("the LACP partner", bond.partner_mac, bond.partner_mac != _NOBODY, nobody)
    ports, all_of = bond.aggregator_ports, len(wanted.members)
    short = f"{ports} ports in the aggregator, wanted {all_of}"
    found.hold("the number of ports in the aggregator", ports, ports == all_of, short)
    found.hold("the active aggregator", bond.aggregator, True, "")
    groups = {port.aggregator for port in bond.ports if port.aggregator is not None}
    out = [_name(port) for port in bond.ports if port.aggregator not in (None, bond.aggregator)]
    if bond.aggregator is not None and out:
        count = len(groups | {bond.aggregator})
        found.wrong.append(f"{count} aggregators, left out of the active one: {', '.join(out)}")
    elif len(groups) > 1:
        found.wrong.append(f"the ports are in {len(groups)} aggregators")


def _states(found: Judgement, port: Port, wanted: BondSpec) -> None:
    """Both ends of one port: what it says of itself, and what its switch port says."""
    name = f"port {_name(port)}"
    found.hold(f"{name}: its aggregator", port.aggregator, True, "")
    # A port alone in its bond need not aggregate: some switches say so.
    needed = _NEEDED if len(wanted.members) > 1 else {b: w for b, w in _NEEDED.items() if b != _AGGREGATING}
    _end(found, f"{name}: actor", port.actor, needed)
    _end(found, f"{name}: partner", port.partner, needed)
    if port.actor is not None and port.partner is not None and not (port.actor | port.partner) & _ACTIVE:
        found.lacp.append(f"{name}: neither end speaks LACP first (passive)")
    if port.actor is not None and bool(port.actor & _TIMEOUT) != (wanted.lacp_rate == "fast"):
        found.lacp.append(f"{name} does not ask its switch port for the LACP rate {wanted.lacp_rate}")
    found.lacp += [f"{name}: {side} churned" for side in port.churned]


def _end(found: Judgement, name: str, state: int | None, needed: dict[int, str]) -> None:
    """One end of a port; name: "port eth0 …: actor"."""
    if state is None:
        port, _, side = name.rpartition(" ")
        found.unsure.append(f"{port} the LACP state of its {side} is not stated")
        return
    lacks = [word for bit, word in needed.items() if not state & bit]
    said = [f"not {', '.join(lacks)}"] * bool(lacks) + [word for bit, word in _BAD.items() if state & bit]
    found.lacp += [f"{name} is {' and '.join(said)}"] * bool(said)


def _name(port: Port) -> str:
    return f"{port.name} {port.mac}".strip()
