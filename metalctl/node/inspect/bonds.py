"""Bonds as the kernel has them now, from /proc/net/bonding/NAME and /sys/class/net/NAME."""

from __future__ import annotations

from metalctl.model.inventory import Bond
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

_DIRECTORY = "/proc/net/bonding"
_MODES = {
    "IEEE 802.3ad Dynamic link aggregation": "802.3ad",
    "fault-tolerance (active-backup)": "active-backup",
    "load balancing (round-robin)": "balance-rr",
    "load balancing (xor)": "balance-xor",
    "fault-tolerance (broadcast)": "broadcast",
    "transmit load balancing": "balance-tlb",
    "adaptive load balancing": "balance-alb",
}


def collect(host: Host) -> tuple[Bond, ...]:
    """Every bond, by name."""
    return tuple(_bond(host, name) for name in host.names(_DIRECTORY))


def _bond(host: Host, name: str) -> Bond:
    head, members = parse(host.text(f"{_DIRECTORY}/{name}", f"bonds.{name}"))
    speed = host.number(f"/sys/class/net/{name}/speed")
    ports = head.get("Number of ports", "")
    return Bond(
        name=name,
        mode=mode(head.get("Bonding Mode", "")),
        members=tuple(m["Permanent HW addr"].lower() for m in members if "Permanent HW addr" in m),
        mtu=host.number(f"/sys/class/net/{name}/mtu"),
        speed=values.product(speed, 10**6) if speed and speed > 0 else None,
        lacp_rate=head.get("LACP rate", ""),
        hash_policy=head.get("Transmit Hash Policy", "").partition(" ")[0],
        partner_mac=head.get("Partner Mac Address", "").lower(),
        aggregator_ports=int(ports) if ports.isascii() and ports.isdecimal() and len(ports) < 5 else None,
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
