"""Pure parsers: the Ethernet ports of a machine, from three views of them that are merged by MAC address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace

from metalctl.bmc.redfish.values import mac
from metalctl.bmc.redfish.wire_network import DeviceFunction, EthernetInterface, NetworkAdapter, Port
from metalctl.model.inventory import Nic

_LINK = {"LinkUp": True, "Up": True, "LinkDown": False, "Down": False, "NoLink": False}
_ETHERNET = frozenset({"Ethernet", ""})


def nic(found: EthernetInterface) -> Nic | None:
    """One EthernetInterface; None when it is no physical port of the machine."""
    if found.kind == "Virtual" or found.host_interface or not found.mac:
        return None
    duplex = "" if found.full_duplex is None or not _LINK.get(found.link) else "full" if found.full_duplex else "half"
    return Nic(
        name=found.id,
        mac=found.mac,
        speed=_rate(found.speed_mbps, 1e6),
        duplex=duplex,
        link=_LINK.get(found.link),
        mtu=found.mtu or None,
    )


def adapter_nics(adapter: NetworkAdapter, ports: Iterable[Port], functions: Iterable[DeviceFunction]) -> list[Nic]:
    """The Ethernet ports of an adapter; its functions are asked where the ports state no address."""
    found = []
    for port in ports:
        addresses = [address for one in port.addresses if (address := mac(one))]
        if port.technology in _ETHERNET and addresses:
            found.append(
                Nic(
                    name=port.id,
                    mac=addresses[0],
                    speed=_rate(port.gbps, 1e9) or _rate(port.mbps, 1e6),
                    link=_LINK.get(port.link),
                    supported=_supported(port),
                )
            )
    for function in functions:
        if function.mac and function.kind in ("Ethernet", ""):
            found.append(Nic(name=function.id, mac=function.mac, mtu=function.mtu, sriov=function.functions))
    return [_of(adapter, one) for one in found]


def _of(adapter: NetworkAdapter, one: Nic) -> Nic:
    first = adapter.controllers[0] if adapter.controllers else None
    return replace(
        one,
        firmware=first.firmware if first else "",
        model=adapter.model,
        slot=adapter.label or adapter.id,
        serial=adapter.serial,
        part_number=adapter.part_number,
        sriov=one.sriov if one.sriov is not None else first.functions_a_port if first else None,
    )


def _supported(port: Port) -> tuple[int, ...]:
    rates = [_rate(port.max_gbps, 1e9)]
    for way in [*port.link_configuration, *port.capabilities]:
        rates += [_rate(one, 1e9) for one in way.gbps if isinstance(one, (int, float))]
        rates += [_rate(one, 1e6) for one in [*way.many_mbps, way.mbps] if isinstance(one, (int, float))]
    return tuple(sorted({rate for rate in rates if rate}))


def merge(views: Iterable[Nic]) -> tuple[Nic, ...]:
    """One NIC a MAC address, each fact from the first view that states it; by name."""
    merged: dict[str, Nic] = {}
    for one in views:
        known = merged.get(one.mac)
        merged[one.mac] = one if known is None else _filled(known, one)
    return tuple(sorted(merged.values(), key=lambda n: (n.name, n.mac)))


def _filled(known: Nic, other: Nic) -> Nic:
    missing = {
        f.name: getattr(other, f.name)
        for f in fields(Nic)
        if getattr(known, f.name) in (None, "", ()) and getattr(other, f.name) not in (None, "", ())
    }
    return replace(known, **missing) if missing else known


def _rate(value: float | None, unit: float) -> int | None:
    """Bit/s; a BMC says 0 for a link that is down or not known to it."""
    return round(value * unit) if value and 0 < value < 1e9 else None
