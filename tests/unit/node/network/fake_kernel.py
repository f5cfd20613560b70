"""A kernel with ports and bonds in memory that refuses what the real one refuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from metalctl.model.inventory import Bond
from metalctl.model.run import BondSpec
from metalctl.node.network.kernel import Address, KernelRefused, Link, Route

A, B, C = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:03"
ADDRESS = Address("172.31.0.50", 24, "172.31.0.255")
ROUTES = (Route("172.31.0.1", 32, scope=253), Route("", 0, gateway="172.31.0.1", source="172.31.0.50", metric=1024))


@dataclass
class FakeKernel:
    """Ports, bonds, addresses and routes, with the kernel's own rules: a port that goes down loses its routes."""

    partner: bool = True
    refuses: str = ""
    ports: dict[str, Link] = field(default_factory=dict)
    held: dict[str, list[Address]] = field(default_factory=dict)
    ways: dict[str, list[Route]] = field(default_factory=dict)
    specs: dict[str, BondSpec] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, mac in (("eth0", A), ("eth1", B), ("eth2", C)):
            self.ports[name] = Link(name, mac, mac, 1500, "", True)
            self.held[name], self.ways[name] = [], []
        self.held["eth0"], self.ways["eth0"] = [ADDRESS], list(ROUTES)

    def _do(self, what: str) -> None:
        self.log.append(what)
        if self.refuses and what.startswith(self.refuses):
            raise KernelRefused(f"the kernel did not {what}")

    def links(self) -> tuple[Link, ...]:
        return tuple(self.ports.values())

    def addresses(self, name: str) -> tuple[Address, ...]:
        return tuple(self.held[name])

    def routes(self, name: str) -> tuple[Route, ...]:
        return tuple(self.ways[name])

    def add_bond(self, spec: BondSpec, mac: str) -> None:
        self._do(f"add {spec.name}")
        self.ports[spec.name] = Link(spec.name, mac, "", 1500, "", False)
        self.held[spec.name], self.ways[spec.name], self.specs[spec.name] = [], [], spec

    def delete(self, name: str) -> None:
        self._do(f"delete {name}")
        for table in (self.ports, self.held, self.ways, self.specs):
            table.pop(name)
        for port in [p for p in self.ports.values() if p.master == name]:
            self.ports[port.name] = replace(port, master="", mac=port.permanent)

    def set_up(self, name: str, up: bool) -> None:
        self._do(f"{'up' if up else 'down'} {name}")
        self.ports[name] = replace(self.ports[name], up=up)
        if not up:
            self.ways[name] = []

    def set_mtu(self, name: str, mtu: int) -> None:
        self._do(f"mtu {name} {mtu}")
        self.ports[name] = replace(self.ports[name], mtu=mtu)

    def enslave(self, name: str, bond: str) -> None:
        self._do(f"enslave {name}")
        if self.ports[name].up:
            raise KernelRefused(f"{name} is up")
        port, master = self.ports[name], self.ports[bond]
        self.ports[name] = replace(port, master=bond, mac=master.mac, mtu=master.mtu, up=True)

    def add_address(self, name: str, address: Address) -> None:
        self._do(f"address {name}")
        if address not in self.held[name]:
            self.held[name].append(address)

    def drop_address(self, name: str, address: Address) -> None:
        self._do(f"drop {name}")
        self.held[name].remove(address)

    def add_route(self, name: str, route: Route) -> None:
        if not self.ports[name].up:
            raise KernelRefused("network is down")
        if route.gateway and not self.held[name]:
            raise KernelRefused("gateway is unreachable")
        if route not in self.ways[name]:
            self.ways[name].append(route)

    def bond(self, name: str) -> Bond | None:
        if name not in self.specs:
            return None
        spec = self.specs[name]
        members = tuple(p.permanent for p in self.ports.values() if p.master == name)
        return Bond(
            name, spec.mode, members, mtu=self.ports[name].mtu, lacp_rate=spec.lacp_rate, hash_policy=spec.hash_policy,
            partner_mac="aa:00:00:00:00:01" if self.partner else "00:00:00:00:00:00",
            aggregator_ports=len(members) if self.partner else 1,
        )  # fmt: skip

    def carrier(self, name: str) -> bool:
        return self.ports[name].up
