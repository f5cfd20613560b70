"""The Ethernet ports of a system: its EthernetInterfaces, and the ports and functions of the adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.fetch.elsewhere import Elsewhere
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.together import flat, together
from metalctl.bmc.redfish.parse import network as parse_network
from metalctl.bmc.redfish.parse import ports as parse_ports
from metalctl.bmc.redfish.parse.functions import ETHERNET
from metalctl.bmc.redfish.parse.network import View
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.chassis import Chassis
from metalctl.bmc.redfish.schema.links import each_once, path_of
from metalctl.bmc.redfish.schema.network import (
    DeviceFunction,
    EthernetInterface,
    NetworkAdapter,
    NetworkInterface,
    Port,
)
from metalctl.bmc.redfish.schema.system import System
from metalctl.bmc.redfish.schema.values import mac
from metalctl.model.inventory import Nic


async def read_nics(
    reader: Reader, system: System, chassis: Awaitable[list[Chassis]], quirks: Quirks
) -> tuple[Nic, ...]:
    """The ports, each once; the reader notes why a port has no address, or no speed that can be believed."""
    if "nics" in quirks.distrust:
        return ()
    interfaces, adapters = await asyncio.gather(
        reader.members("nics", system.interfaces), _adapters(reader, system, chassis)
    )
    reader.came_from("nics", system.interfaces, *(one.ports or one.old_ports for one in adapters))
    own = [view for one in interfaces if (view := parse_network.nic(EthernetInterface(one)))]
    seen = {view.nic.mac for view in own}
    views = parse_ports.joined(own, flat(await together(_views(reader, one, seen) for one in adapters)))
    for view in views:
        _note(reader, view)
    if not views:
        Elsewhere.of(reader, quirks, system, await chassis).doubt("nics")
    return tuple(view.nic for view in views)


def _note(reader: Reader, view: View) -> None:
    name, where = view.nic.name, f"port {view.nic.name} of {view.nic.slot}" if view.nic.slot else view.nic.name
    if not view.nic.mac:
        reader.doubt(f"nics.{name}.mac", f"{where} states no MAC address, and no function or interface of it does")
    for fact, why in view.doubts:
        reader.doubt(f"nics.{name}.{fact}", f"{where} {why}")


async def _adapters(reader: Reader, system: System, chassis: Awaitable[list[Chassis]]) -> list[NetworkAdapter]:
    """The adapters of the system's chassis, each once, else those that its NetworkInterfaces lead to."""
    lists = each_once(one.adapters for one in await chassis if one.adapters).values()
    found = each_once(flat(await together(reader.members("nics", one) for one in lists))).values()
    adapters = map(NetworkAdapter, found if lists else await _linked(reader, system))
    return [adapter for adapter in adapters if not adapter.absent]


async def _linked(reader: Reader, system: System) -> list[Resource]:
    views = await reader.members("nics", system.network_interfaces)
    links = dict.fromkeys(path_of(NetworkInterface(view).adapter) for view in views)
    return await reader.every("nics", filter(None, links))


async def _views(reader: Reader, adapter: NetworkAdapter, seen: set[str]) -> list[View]:
    ports = [Port(one) for one in await reader.members("nics", adapter.ports)]
    if not ports:
        ports = [Port(one) for one in await reader.members("nics", adapter.old_ports)]
    functions = await reader.members("nics", adapter.functions) if _wants_functions(adapter, ports, seen) else []
    reader.saw("port", (one.json for one in ports))
    if not ports or any(one.technology in ETHERNET for one in ports):
        reader.saw("adapter controller", (one.json for one in adapter.controllers))
        reader.saw("function", functions)
    return parse_network.adapter_views(adapter, ports, [DeviceFunction(one) for one in functions])


def _wants_functions(adapter: NetworkAdapter, ports: list[Port], seen: set[str]) -> bool:
    """Whether the functions can say more than the ports do; seen: the addresses that the host is known to see.

    They cannot where no port carries Ethernet, nor where the adapter says that it has no more of them than ports, and
    the system shows every port's address as its own: that spares a request an adapter.
    """
    carry = [port for port in ports if port.technology in ETHERNET]
    if ports and not carry:
        return False
    stated = sum(len(c.functions) or c.function_count or 0 for c in adapter.controllers)
    return not (0 < stated <= len(carry) and all(map(partial(_is_known, seen), carry)))


def _is_known(seen: set[str], port: Port) -> bool:
    """Whether it states addresses, and the host is known to see all of them."""
    addresses = set(map(mac, port.addresses)) - {""}
    return bool(addresses) and addresses <= seen
