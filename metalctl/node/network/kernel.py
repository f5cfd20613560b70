"""What making a bond needs of the kernel: a small protocol, and the real one over netlink (pyroute2).

Addresses and routes are IPv4: that is what the boot network speaks. Names, not indices, so that a plan can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from metalctl.model.inventory import Bond
from metalctl.model.run import BondSpec
from metalctl.node import tool
from metalctl.node.errors import NodeError
from metalctl.node.inspect import LocalHost, bonds

MODES = {m: i for i, m in enumerate(
    ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"))}  # fmt: skip
RATES = {"slow": 0, "fast": 1}
POLICIES = {"layer2": 0, "layer3+4": 1, "layer2+3": 2, "encap2+3": 3, "encap3+4": 4, "vlan+srcmac": 5}
_MIIMON = 100  # ms
_INET, _MAIN, _STATIC, _BY_KERNEL, _UNICAST, _UP = 2, 254, 4, 2, 1, 0x1


class KernelRefused(NodeError):
    """The kernel did not make the change."""


@dataclass(frozen=True, slots=True)
class Link:
    """An interface; permanent: the burned-in MAC, "" for what has none; master: name of its bond or bridge."""

    name: str
    mac: str
    permanent: str
    mtu: int
    master: str
    up: bool


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address of an interface."""

    address: str
    prefix: int
    broadcast: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the main table that the kernel did not make by itself; target "" is the default route."""

    target: str
    prefix: int
    gateway: str = ""
    source: str = ""
    metric: int = 0
    scope: int = 0


class Kernel(Protocol):
    """The changes; each raises KernelRefused."""

    def links(self) -> tuple[Link, ...]: ...
    def addresses(self, name: str) -> tuple[Address, ...]: ...
    def routes(self, name: str) -> tuple[Route, ...]: ...
    def add_bond(self, spec: BondSpec, mac: str) -> None: ...
    def delete(self, name: str) -> None: ...
    def set_up(self, name: str, up: bool) -> None: ...
    def set_mtu(self, name: str, mtu: int) -> None: ...
    def enslave(self, name: str, bond: str) -> None: ...
    def add_address(self, name: str, address: Address) -> None: ...
    def drop_address(self, name: str, address: Address) -> None: ...
    def add_route(self, name: str, route: Route) -> None: ...
    def bond(self, name: str) -> Bond | None: ...
    def carrier(self, name: str) -> bool: ...


class Netlink:
    """The kernel of this machine; a context manager."""

    def __init__(self) -> None:
        from pyroute2 import IPRoute  # 0.6 s of import on a fast machine

        self._ip = IPRoute()
        self._host = LocalHost()

    def __enter__(self) -> Netlink:
        return self

    def __exit__(self, *_: object) -> None:
        self._ip.close()

    def _index(self, name: str) -> int:
        found = self._ip.link_lookup(ifname=name)
        if not found:
            raise KernelRefused(f"there is no interface {name}", hint="ip link shows them")
        return int(found[0])

    def links(self) -> tuple[Link, ...]:
        raw = list(self._ip.get_links())
        names = {link["index"]: str(link.get("ifname")) for link in raw}
        return tuple(
            Link(
                name=names[link["index"]],
                mac=str(link.get("address") or "").lower(),
                permanent=str(link.get("perm_address") or "").lower(),
                mtu=int(link.get("mtu") or 0),
                master=names.get(link.get("master") or 0, ""),
                up=bool(link["flags"] & _UP),
            )
            for link in raw
        )

    def addresses(self, name: str) -> tuple[Address, ...]:
        raw = self._ip.get_addr(family=_INET, index=self._index(name))
        return tuple(Address(str(a.get("address")), int(a["prefixlen"]), str(a.get("broadcast") or "")) for a in raw)

    def routes(self, name: str) -> tuple[Route, ...]:
        raw = [r for r in self._ip.get_routes(family=_INET, table=_MAIN, oif=self._index(name)) if _ours(r)]
        routes = [
            Route(
                target=str(r.get("dst") or ""),
                prefix=int(r["dst_len"]),
                gateway=str(r.get("gateway") or ""),
                source=str(r.get("prefsrc") or ""),
                metric=int(r.get("priority") or 0),
                scope=int(r["scope"]),
            )
            for r in raw
        ]
        # A gateway must be reachable when its route is added: link scope first.
        return tuple(sorted(routes, key=lambda r: -r.scope))

    def add_bond(self, spec: BondSpec, mac: str) -> None:
        tool.run(["modprobe", "bonding", "max_bonds=0"], 20)
        options: dict[str, Any] = {"bond_mode": MODES[spec.mode], "bond_miimon": _MIIMON}
        if spec.mode == "802.3ad":
            options["bond_ad_lacp_rate"] = RATES[spec.lacp_rate]
        if spec.mode in ("802.3ad", "balance-xor", "balance-tlb"):
            options["bond_xmit_hash_policy"] = POLICIES[spec.hash_policy]
        with _refusal(f"make {spec.name}"):
            self._ip.link("add", ifname=spec.name, kind="bond", address=mac, **options)

    def delete(self, name: str) -> None:
        with _refusal(f"delete {name}"):
            self._ip.link("del", index=self._index(name))

    def set_up(self, name: str, up: bool) -> None:
        with _refusal(f"set {name} {'up' if up else 'down'}"):
            self._ip.link("set", index=self._index(name), state="up" if up else "down")

    def set_mtu(self, name: str, mtu: int) -> None:
        with _refusal(f"set the MTU of {name} to {mtu}"):
            self._ip.link("set", index=self._index(name), mtu=mtu)

    def enslave(self, name: str, bond: str) -> None:
        with _refusal(f"take {name} into {bond or 'nothing'}"):
            self._ip.link("set", index=self._index(name), master=self._index(bond))

    def add_address(self, name: str, address: Address) -> None:
        extra = {"broadcast": address.broadcast} if address.broadcast else {}
        with _refusal(f"give {name} {address.address}", known=True):
            self._ip.addr("add", index=self._index(name), address=address.address, prefixlen=address.prefix, **extra)

    def drop_address(self, name: str, address: Address) -> None:
        with _refusal(f"take {address.address} from {name}"):
            self._ip.addr("del", index=self._index(name), address=address.address, prefixlen=address.prefix)

    def add_route(self, name: str, route: Route) -> None:
        extra = {"gateway": route.gateway, "prefsrc": route.source, "priority": route.metric, "scope": route.scope}
        given = {k: v for k, v in extra.items() if v}
        target = f"{route.target}/{route.prefix}" if route.target else "default"
        with _refusal(f"route {target} over {name}", known=True):
            self._ip.route("add", dst=target, oif=self._index(name), proto=_STATIC, **given)

    def bond(self, name: str) -> Bond | None:
        return next((b for b in bonds.collect(self._host) if b.name == name), None)

    def carrier(self, name: str) -> bool:
        try:
            return Path(f"/sys/class/net/{name}/carrier").read_text().strip() == "1"
        except OSError:
            return False


def _ours(route: Any) -> bool:
    return bool(route["proto"] != _BY_KERNEL and route["type"] == _UNICAST)


@contextmanager
def _refusal(what: str, *, known: bool = False) -> Iterator[None]:
    """A netlink error as KernelRefused; known: that it is there already is fine."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        if known and error.code == 17:  # EEXIST
            return
        raise KernelRefused(f"the kernel did not {what}: {error.args[-1]}", hint="dmesg may say why") from error
