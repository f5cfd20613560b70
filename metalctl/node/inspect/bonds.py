"""Bonds as the kernel has them now, from /proc/net/bonding/NAME and /sys/class/net/NAME."""

from __future__ import annotations

from metalctl.model.inventory import Bond
from metalctl.node.bondstate import proc
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

_DIRECTORY = "/proc/net/bonding"


def collect(host: Host) -> tuple[Bond, ...]:
    return tuple(_bond(host, name) for name in host.names(_DIRECTORY))


def _bond(host: Host, name: str) -> Bond:
    state = proc.bond(name, host.text(f"{_DIRECTORY}/{name}", f"bonds.{name}"))
    speed = host.number(f"/sys/class/net/{name}/speed")
    return Bond(
        name=name,
        mode=state.mode,
        members=tuple(port.mac for port in state.ports if port.mac),
        mtu=host.number(f"/sys/class/net/{name}/mtu"),
        speed=values.product(speed, 10**6) if speed and speed > 0 else None,
        lacp_rate=state.lacp_rate,
        hash_policy=state.hash_policy,
        partner_mac=state.partner_mac,
        aggregator_ports=state.aggregator_ports,
    )
