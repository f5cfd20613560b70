"""Bonds in the kernel's answer to RTM_GETLINK, read by the numbers of linux/if_link.h.

By number, because the netlink library names neither the ports' LACP states (7 and 8) nor, in some versions, others.
`dump` asks the kernel; `bonds` is a pure parser.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Mapping

from metalctl.node.bondstate.state import BondState, Port

_ROUTE, _GETLINK, _NEWLINK, _ERROR, _DONE = 0, 18, 16, 2, 3
_REQUEST_DUMP = 0x301
_HEAD, _INFO = 16, 16  # struct nlmsghdr, struct ifinfomsg
_IFNAME, _MTU, _MASTER, _LINKINFO = 3, 4, 10, 18
_KIND, _DATA, _SLAVE_KIND, _SLAVE_DATA = 1, 2, 4, 5
_MODE, _MIIMON, _ARP_INTERVAL, _HASH_POLICY, _LACP_RATE, _AD_INFO = 1, 3, 7, 14, 21, 23
_AGGREGATOR, _NUM_PORTS, _PARTNER_MAC = 1, 2, 5
_MII_STATUS, _FAILURES, _PERMANENT, _PORT_AGGREGATOR, _ACTOR, _PARTNER = 2, 3, 4, 6, 7, 8
_CHURN, _CHURNED = {11: "actor", 12: "partner"}, 1  # told by kernels from 6.18 on

_MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
_RATES = ("slow", "fast")
_POLICIES = ("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac")
Attributes = Mapping[int, bytes]


def dump() -> bytes:
    """Every link of this machine as the kernel tells it; OSError when it does not."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _ROUTE) as kernel:
        kernel.settimeout(10)
        kernel.bind((0, 0))
        kernel.send(struct.pack("=IHHII", _HEAD + _INFO, _GETLINK, _REQUEST_DUMP, 1, 0) + bytes(_INFO))
        found = b""
        while True:
            part = kernel.recv(1 << 20)
            found += part
            for kind, payload in _messages(part):
                if kind == _ERROR:
                    number = -struct.unpack_from("=i", payload)[0]
                    raise OSError(number, os.strerror(number))
                if kind == _DONE:
                    return found


def bonds(data: bytes) -> dict[str, BondState]:
    links = {}
    for kind, payload in _messages(data):
        if kind == _NEWLINK and len(payload) >= _INFO:
            links[struct.unpack_from("=i", payload, 4)[0]] = _attributes(payload[_INFO:])
    found: dict[str, BondState] = {}
    for index, link in links.items():
        info = _attributes(link.get(_LINKINFO, b""))
        if _text(info.get(_KIND)) == "bond":
            ports = tuple(_port(one) for one in links.values() if _number(one.get(_MASTER)) == index)
            found[_text(link.get(_IFNAME))] = _bond(link, _attributes(info.get(_DATA, b"")), ports)
    return found


def _bond(link: Attributes, data: Attributes, ports: tuple[Port, ...]) -> BondState:
    active = _attributes(data.get(_AD_INFO, b""))
    return BondState(
        name=_text(link.get(_IFNAME)),
        mode=_word(_MODES, data.get(_MODE)),
        mtu=_number(link.get(_MTU)),
        hash_policy=_word(_POLICIES, data.get(_HASH_POLICY)),
        lacp_rate=_word(_RATES, data.get(_LACP_RATE)),
        miimon=_number(data.get(_MIIMON)),
        arp_interval=_number(data.get(_ARP_INTERVAL)),
        aggregator=_number(active.get(_AGGREGATOR)),
        aggregator_ports=_number(active.get(_NUM_PORTS)),
        partner_mac=_address(active.get(_PARTNER_MAC)),
        ports=ports,
    )


def _port(link: Attributes) -> Port:
    info = _attributes(link.get(_LINKINFO, b""))
    data = _attributes(info.get(_SLAVE_DATA, b"")) if _text(info.get(_SLAVE_KIND)) == "bond" else {}
    status = _number(data.get(_MII_STATUS))
    return Port(
        name=_text(link.get(_IFNAME)),
        mac=_address(data.get(_PERMANENT)),
        up=None if status is None else status == 0,
        failures=_number(data.get(_FAILURES)),
        aggregator=_number(data.get(_PORT_AGGREGATOR)),
        actor=_number(data.get(_ACTOR)),
        partner=_number(data.get(_PARTNER)),
        churned=tuple(side for kind, side in _CHURN.items() if _number(data.get(kind)) == _CHURNED),
    )


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _HEAD:
        length, kind = struct.unpack_from("=IH", data)
        if length < _HEAD:
            return
        yield kind, data[_HEAD:length]
        data = data[(length + 3) & ~3 :]


def _attributes(data: bytes) -> Attributes:
    found: dict[int, bytes] = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def _number(data: bytes | None) -> int | None:
    """An unsigned number of the kernel's own byte order, of whatever width."""
    return int.from_bytes(data, "little" if struct.pack("=H", 1) == b"\1\0" else "big") if data else None


def _text(data: bytes | None) -> str:
    return (data or b"").split(b"\0")[0].decode(errors="replace")


def _address(data: bytes | None) -> str:
    return ":".join(f"{byte:02x}" for byte in data or b"")


def _word(words: tuple[str, ...], data: bytes | None) -> str:
    number = _number(data)
    return words[number] if number is not None and number < len(words) else ""
