"""A bond in the text of /proc/net/bonding/NAME. Its LACP details are shown to root alone."""

from __future__ import annotations

from collections.abc import Mapping

from metalctl.node.bondstate.state import BondState, Port

Fields = Mapping[str, str]
_MODES = {
    "IEEE 802.3ad Dynamic link aggregation": "802.3ad",
    "fault-tolerance (active-backup)": "active-backup",
    "load balancing (round-robin)": "balance-rr",
    "load balancing (xor)": "balance-xor",
    "fault-tolerance (broadcast)": "broadcast",
    "transmit load balancing": "balance-tlb",
    "adaptive load balancing": "balance-alb",
}


def bond(name: str, text: str) -> BondState:
    head, members = parse(text)
    return BondState(
        name=name,
        mode=mode(head.get("Bonding Mode", "")),
        hash_policy=head.get("Transmit Hash Policy", "").partition(" ")[0],
        lacp_rate=head.get("LACP rate", ""),
        miimon=_number(head.get("MII Polling Interval (ms)")),
        arp_interval=_number(head.get("ARP Polling Interval (ms)")),
        aggregator=_number(head.get("Aggregator ID")),
        aggregator_ports=_number(head.get("Number of ports")),
        partner_mac=head.get("Partner Mac Address", "").lower(),
        ports=tuple(map(_port, members)),
    )


def mode(text: str) -> str:
    """The mode by its short name; what is not known as it is."""
    return next((short for long, short in _MODES.items() if text.startswith(long)), text)


def parse(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The bond's own fields, and those of each member. A repeated field keeps its first value.

    What a member says under "details actor lacp pdu" and "details partner lacp pdu" has "actor " or "partner " before
    it.
    """
    head: dict[str, str] = {}
    members: list[dict[str, str]] = []
    side = ""
    for line in text.splitlines():
        key, _, value = line.strip().partition(":")
        if key == "Slave Interface":
            members.append({})
            side = ""
        elif key.startswith("details "):
            side = f"{key.split()[1]} "
        if value:
            (members[-1] if members else head).setdefault(f"{side}{key}", value.strip())
    return head, members


def _port(member: Fields) -> Port:
    speed, status = _number(member.get("Speed", "").removesuffix(" Mbps")), member.get("MII Status")
    return Port(
        name=member.get("Slave Interface", ""),
        mac=member.get("Permanent HW addr", "").lower(),
        up=None if status is None else status == "up",
        speed=speed * 10**6 if speed else None,
        duplex=member.get("Duplex", "") if member.get("Duplex") in ("full", "half") else "",
        failures=_number(member.get("Link Failure Count")),
        aggregator=_number(member.get("Aggregator ID")),
        actor=_number(member.get("actor port state")),
        partner=_number(member.get("partner port state")),
        churned=tuple(s.lower() for s in ("Actor", "Partner") if member.get(f"{s} Churn State") == "churned"),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else None
