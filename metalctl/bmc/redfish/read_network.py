"""The Ethernet ports of a system: its EthernetInterfaces, and the ports of the adapters in its chassis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish import parts_network
from metalctl.bmc.redfish.links import path_of
from metalctl.bmc.redfish.read import Reader, together
from metalctl.bmc.redfish.wire_chassis import Chassis
from metalctl.bmc.redfish.wire_network import DeviceFunction, EthernetInterface, NetworkAdapter, NetworkInterface, Port
from metalctl.bmc.redfish.wire_system import System
from metalctl.model.inventory import Nic


async def read_nics(
    reader: Reader, system: System, chassis: Awaitable[list[Chassis]], quirks: Quirks
) -> tuple[Nic, ...]:
    """The ports, one a MAC address."""
    if "nics" in quirks.distrust:
        return ()
    interfaces, adapters = await asyncio.gather(
        reader.members("nics", system.interfaces), _adapters(reader, system, chassis)
    )
    reader.came_from("nics", system.interfaces, *(NetworkAdapter(one).ports for one in adapters))
    of_adapters = await together(_ports(reader, NetworkAdapter(one)) for one in adapters)
    own = [nic for one in interfaces if (nic := parts_network.nic(EthernetInterface(one)))]
    return parts_network.merge([*own, *(nic for found in of_adapters for nic in found)])


async def _adapters(reader: Reader, system: System, chassis: Awaitable[list[Chassis]]) -> list[dict[str, object]]:
    """The adapters of the system's chassis, else those that its NetworkInterfaces lead to."""
    lists = [one.adapters for one in await chassis if one.adapters]
    found = [one for listed in await together(reader.members("nics", one) for one in lists) for one in listed]
    if lists:
        return found
    views = await reader.members("nics", system.network_interfaces)
    links = {path_of(NetworkInterface(view).adapter): None for view in views}
    return await reader.every("nics", [path for path in links if path])


async def _ports(reader: Reader, adapter: NetworkAdapter) -> list[Nic]:
    ports = [Port(one) for one in await reader.members("nics", adapter.ports)]
    named = any(port.addresses for port in ports)
    functions = [] if named else [DeviceFunction(one) for one in await reader.members("nics", adapter.functions)]
    return parts_network.adapter_nics(adapter, ports, functions)
