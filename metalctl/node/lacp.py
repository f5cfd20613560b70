"""Is a bond what it must be: judged from /proc/net/bonding/NAME, every complaint naming the bond or the member port."""

from __future__ import annotations

from collections.abc import Mapping

from metalctl.model.run import BondSpec
from metalctl.node.errors import ToolFailed
from metalctl.node.inspect.bonds import parse

_MODES = {
    "802.3ad": "IEEE 802.3ad Dynamic link aggregation",
    "active-backup": "fault-tolerance (active-backup)",
    "balance-xor": "load balancing (xor)",
    "balance-rr": "load balancing (round-robin)",
}
_NOBODY = "00:00:00:00:00:00"
Fields = Mapping[str, str]


def complaints(text: str, mtu: int | None, wanted: BondSpec) -> list[str]:
    """What is wrong with the bond, [] when nothing. text: of /proc/net/bonding, read as root; raises ToolFailed."""
    head, members = parse(text)
    if "Bonding Mode" not in head:
        raise ToolFailed("the kernel's bond file cannot be read", hint=f"look at /proc/net/bonding/{wanted.name}")
    found = _members(members, wanted) + _same("mtu", str(mtu), str(wanted.mtu))
    found += _same("mode", head["Bonding Mode"], _MODES.get(wanted.mode, wanted.mode))
    policy = head.get("Transmit Hash Policy", "").split(" ")[0]
    if wanted.mode in ("802.3ad", "balance-xor"):
        found += _same("hash policy", policy, wanted.hash_policy)
    if wanted.mode == "802.3ad":
        found += _aggregate(head, members, wanted)
    return found


def _members(members: list[dict[str, str]], wanted: BondSpec) -> list[str]:
    there = {m.get("Permanent HW addr", "").lower(): m for m in members}
    found = [f"port {mac} is not a member" for mac in wanted.members if mac.lower() not in there]
    extra = set(there) - {m.lower() for m in wanted.members}
    found += [f"port {_port(there[mac])} is a member and should not be" for mac in sorted(extra)]
    for member in members:
        if member.get("MII Status") != "up":
            found.append(f"port {_port(member)} is {member.get('MII Status', 'in no known state')}")
        elif wanted.speed is not None:
            found += _speed(member, wanted.speed)
    return found


def _speed(member: Fields, wanted: float) -> list[str]:
    number = member.get("Speed", "").split(" ")[0]
    if not number.isdigit():
        return [f"port {_port(member)} states no speed ({member.get('Speed', 'nothing')})"]
    slow = int(number) * 1e6 < wanted
    half = member.get("Duplex") != "full"
    found = [f"port {_port(member)} runs at {number} Mb/s, wanted {wanted / 1e6:.0f}"] if slow else []
    return found + ([f"port {_port(member)} is {member.get('Duplex')} duplex"] if half else [])


def _aggregate(head: Fields, members: list[dict[str, str]], wanted: BondSpec) -> list[str]:
    if "Partner Mac Address" not in head or any("Aggregator ID" not in m for m in members):
        raise ToolFailed("the kernel shows no LACP state of the bond", hint="run as root: it shows it to nobody else")
    found = _same("LACP rate", head.get("LACP rate", ""), wanted.lacp_rate)
    if head["Partner Mac Address"] == _NOBODY:
        found.append("no LACP partner answers: the switch ports are not in an LACP group")
    ports = head.get("Number of ports", "")
    if ports != str(len(wanted.members)):
        found.append(f"{ports or 'no'} ports in the aggregator, wanted {len(wanted.members)}")
    groups = {m["Aggregator ID"] for m in members}
    active = head.get("Aggregator ID")
    if len(groups) > 1:
        out = ", ".join(_port(m) for m in members if m["Aggregator ID"] != active)
        found.append(f"{len(groups)} aggregators, left out of the active one: {out}")
    for member in members:
        found += _churn(member)
    return found


def _churn(member: Fields) -> list[str]:
    states = {side: member.get(f"{side} Churn State", "none") for side in ("Actor", "Partner")}
    return [f"port {_port(member)}: {side.lower()} churned" for side, state in states.items() if state == "churned"]


def _port(member: Fields) -> str:
    return f"{member.get('Slave Interface', '?')} {member.get('Permanent HW addr', '').lower()}".strip()


def _same(what: str, got: str, wanted: str) -> list[str]:
    return [] if got == wanted else [f"{what} is {got or 'not stated'}, wanted {wanted}"]
