"""Adapters, their ports and functions, and the same ports as the system sees them."""

from __future__ import annotations

from metalctl.lab.fleet.trees._build import CHASSIS, OK, SYSTEM, Builder, link, mac
from metalctl.lab.fleet.trees._servers import NicSpec


def add(b: Builder) -> None:
    adapters, interfaces = [], []
    for n, nic in enumerate(b.server.nics):
        adapters.append(_adapter(b, f"{CHASSIS}/NetworkAdapters/Nic-{n}", nic, n))
        interfaces += [_interface(b, nic, n, port) for port in range(nic.ports)]
    b.collect(f"{CHASSIS}/NetworkAdapters", "NetworkAdapter", *adapters)
    b.collect(f"{SYSTEM}/EthernetInterfaces", "EthernetInterface", *interfaces)


def _adapter(b: Builder, path: str, nic: NicSpec, n: int) -> str:
    ports = [_port(b, path, nic, n, p) for p in range(nic.ports)]
    functions = [_function(b, path, n, p) for p in range(nic.ports)]
    b.add(
        path,
        "NetworkAdapter.v1_9_0",
        f"Network Adapter {n}",
        Manufacturer=nic.manufacturer,
        Model=nic.model,
        SerialNumber=b.serial("NIC"),
        PartNumber=f"EX-{nic.speed // 1000}G-{nic.ports}P",
        Controllers=[{"FirmwarePackageVersion": nic.firmware, "PCIeInterface": {"PCIeType": "Gen4", "LanesInUse": 8}}],
        Ports=b.collect(f"{path}/Ports", "Port", *ports),
        NetworkDeviceFunctions=b.collect(f"{path}/NetworkDeviceFunctions", "NetworkDeviceFunction", *functions),
        Status=OK,
    )
    return path


def _port(b: Builder, adapter: str, nic: NicSpec, n: int, p: int) -> str:
    path = f"{adapter}/Ports/{p}"
    b.add(
        path,
        "Port.v1_9_0",
        f"Port {p}",
        PortId=str(p),
        PortProtocol="Ethernet",
        LinkStatus="LinkUp",
        CurrentSpeedGbps=nic.speed / 1000,
        MaxSpeedGbps=nic.speed / 1000,
        Ethernet={"AssociatedMACAddresses": [mac(n, p)], "FlowControlStatus": "None"},
        Status=OK,
    )
    return path


def _function(b: Builder, adapter: str, n: int, p: int) -> str:
    path = f"{adapter}/NetworkDeviceFunctions/{p}"
    ethernet = {"MACAddress": mac(n, p), "PermanentMACAddress": mac(n, p), "MTUSize": 1500}
    links = {"PhysicalPortAssignment": link(f"{adapter}/Ports/{p}")}
    b.add(
        path,
        "NetworkDeviceFunction.v1_9_0",
        f"Function {p}",
        NetDevFuncType="Ethernet",
        DeviceEnabled=True,
        Ethernet=ethernet,
        Links=links,
        Status=OK,
    )
    return path


def _interface(b: Builder, nic: NicSpec, n: int, p: int) -> str:
    path = f"{SYSTEM}/EthernetInterfaces/Nic-{n}-{p}"
    b.add(
        path,
        "EthernetInterface.v1_9_0",
        f"{nic.model} port {p}",
        MACAddress=mac(n, p),
        PermanentMACAddress=mac(n, p),
        SpeedMbps=nic.speed,
        FullDuplex=True,
        AutoNeg=True,
        LinkStatus="LinkUp",
        InterfaceEnabled=True,
        Status=OK,
    )
    return path
