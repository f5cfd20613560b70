"""Pure parsers: what an EthernetInterface says of a port, and what an adapter says of each of its ports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from metalctl.bmc.redfish.parse import sizes
from metalctl.bmc.redfish.parse.functions import ETHERNET, homes
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import place_of
from metalctl.bmc.redfish.schema.network import (
    AdapterController,
    DeviceFunction,
    EthernetInterface,
    NetworkAdapter,
    Port,
)
from metalctl.bmc.redfish.schema.values import mac
from metalctl.model.inventory import Nic

_LINK = {"linkup": True, "up": True, "linkdown": False, "down": False, "nolink": False}
_HALF = 10**9  # bit/s: nothing faster ever ran in half duplex


@dataclass(frozen=True, slots=True)
class View:
    """A port as one resource shows it. paths: of the ports and functions that it is, or is about.

    doubts: (fact, why nobody can believe what is stated of it).
    """

    nic: Nic
    paths: frozenset[str] = frozenset()
    doubts: tuple[tuple[str, str], ...] = ()


def nic(found: EthernetInterface) -> View | None:
    """One EthernetInterface; None when it is no physical port of the machine, or states nothing of one."""
    if found.kind == "virtual" or found.host_interface or found.absent:
        return None
    if not found.mac and not found.there(found.link, found.speed_mbps):
        return None
    link = _LINK.get(found.link)
    speed, doubts = _rate(link, (found.speed_mbps, 1e6))
    one = Nic(
        name=found.id,
        mac=found.mac,
        speed=speed,
        duplex=_duplex(found.full_duplex, link, speed),
        link=link,
        mtu=found.mtu or None,
    )
    return View(one, _paths([found.json, *found.ports, *found.functions]), doubts)


def _duplex(full: bool | None, link: bool | None, speed: int | None) -> str:
    """ "full", "half" or "". BMCs say false as well where they know neither the link nor its speed."""
    if not link or full is None or (not full and (speed is None or speed > _HALF)):
        return ""
    return "full" if full else "half"


def adapter_views(adapter: NetworkAdapter, ports: Sequence[Port], functions: Sequence[DeviceFunction]) -> list[View]:
    """The Ethernet ports of an adapter with what their functions say, and functions whose port nobody can tell."""
    ports = [port for port in ports if not port.absent]
    of_port, alone = homes(adapter, ports, functions)
    views = [_port(adapter, port, of_port.get(i, [])) for i, port in enumerate(ports) if port.technology in ETHERNET]
    return [*views, *(_function(adapter, one) for one in alone)]


def _port(adapter: NetworkAdapter, port: Port, functions: list[DeviceFunction]) -> View:
    link = _LINK.get(port.link)
    speed, doubts = _rate(link, (port.gbps, 1e9), (port.mbps, 1e6))
    told = [*map(mac, port.addresses), *(one.mac for one in functions), *(one.current_mac for one in functions)]
    address = next(filter(None, told), "")
    virtual = [one.functions for one in functions if one.functions is not None]
    one = Nic(
        name=port.id,
        mac=address,
        speed=speed,
        link=link,
        mtu=next((one.mtu for one in functions if one.mtu), None),
        supported=_supported(port),
        sriov=sum(virtual) if virtual else None,
        host_macs=_others(address, told),
    )
    about = (link for each in functions for link in _about(each))
    return View(_of(adapter, one, port), _paths([port.json, *about]), doubts)


def _function(adapter: NetworkAdapter, one: DeviceFunction) -> View:
    hosts = _others(one.mac, [one.current_mac])
    found = Nic(name=one.id, mac=one.mac, mtu=one.mtu or None, sriov=one.functions, host_macs=hosts)
    return View(_of(adapter, found, one), _paths(_about(one)))


def _about(one: DeviceFunction) -> list[Resource]:
    """The function itself, and the system's interfaces of it."""
    return [one.json, one.interface, *one.interfaces]


def _of(adapter: NetworkAdapter, one: Nic, of: Port | DeviceFunction) -> Nic:
    """With what the adapter says of all its ports, and the controller of this one (the first, where none names it)."""
    own = _paths([of.json])
    controller = next((c for c in adapter.controllers if own & _paths([*c.ports, *c.functions])), None)
    first: AdapterController | None = controller or next(iter(adapter.controllers), None)
    return replace(
        one,
        firmware=first.firmware if first else "",
        model=adapter.model,
        slot=adapter.label or adapter.id,
        serial=adapter.serial,
        part_number=adapter.part_number,
        sriov=one.sriov if one.sriov is not None else first.functions_a_port if first else None,
    )


def _paths(links: Iterable[Resource]) -> frozenset[str]:
    return frozenset(place.lower() for place in map(place_of, links) if place)


def _others(first: str, addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in addresses if one and one != first))


def _supported(port: Port) -> tuple[int, ...]:
    rates = [_bits(port.max_gbps, 1e9)]
    for way in [*port.link_configuration, *port.capabilities]:
        rates += [_bits(one, 1e9) for one in way.gbps if isinstance(one, (int, float))]
        rates += [_bits(one, 1e6) for one in [*way.many_mbps, way.mbps] if isinstance(one, (int, float))]
    return tuple(sorted({rate for rate in rates if rate and not sizes.rate(rate)}))


def _rate(link: bool | None, *stated: tuple[float | None, float]) -> tuple[int | None, tuple[tuple[str, str], ...]]:
    """Bit/s of the first that states it, and the doubt: a BMC says 0 for a link that is down, or any rate of before."""
    bits = next((found for value, unit in stated if (found := _bits(value, unit))), None)
    if bits is None or link is False:
        return None, ()
    why = sizes.rate(bits)
    return (None, (("speed", why),)) if why else (bits, ())


def _bits(value: float | None, unit: float) -> int | None:
    return round(value * unit) if value and 0 < value < 1e15 else None
