"""EthernetInterface, NetworkAdapter, Port and NetworkPort, NetworkDeviceFunction (DSP8010: schemas of these names)."""

from __future__ import annotations

from metalctl.bmc.redfish.schema.fields import (
    Flag,
    Mac,
    Many,
    Number,
    Part,
    Ref,
    Refs,
    Schema,
    Text,
    Values,
    Whole,
    Word,
)


class EthernetInterface(Part):
    """EthernetInterface of a system or a manager. mac: the permanent one where both are stated."""

    kind = Word("EthernetInterfaceType")
    host_interface = Ref("Links.HostInterface")
    mac = Mac("PermanentMACAddress", "MACAddress")
    speed_mbps = Number("SpeedMbps")
    link = Word("LinkStatus")
    full_duplex = Flag("FullDuplex")
    mtu = Whole("MTUSize")
    enabled = Flag("InterfaceEnabled")
    addresses = Values("IPv4Addresses")
    addresses6 = Values("IPv6Addresses")
    ports = Refs("Links.Ports")
    functions = Refs("Links.NetworkDeviceFunctions")


class AdapterController(Schema):
    """NetworkAdapter.Controllers."""

    firmware = Text("FirmwarePackageVersion")
    functions_a_port = Whole("ControllerCapabilities.VirtualizationOffload.VirtualFunction.NetworkPortMaxCount")
    function_count = Whole("ControllerCapabilities.NetworkDeviceFunctionCount")
    functions = Refs("Links.NetworkDeviceFunctions")
    ports = Refs("Links.Ports", "Links.NetworkPorts")


class NetworkAdapter(Part):
    """NetworkAdapter. Ports replaced NetworkPorts in 1.5; old BMCs have only the latter, some state both."""

    id = Text("Id", "Name")
    label = Text("Location.PartLocation.ServiceLabel")
    controllers = Many("Controllers", AdapterController)
    ports = Ref("Ports")
    old_ports = Ref("NetworkPorts")
    functions = Ref("NetworkDeviceFunctions")


class NetworkInterface(Schema):
    """NetworkInterface: the system's view of an adapter."""

    adapter = Ref("Links.NetworkAdapter")


class LinkConfiguration(Schema):
    """Port.LinkConfiguration and NetworkPort.SupportedLinkCapabilities."""

    gbps = Values("CapableLinkSpeedGbps")
    many_mbps = Values("CapableLinkSpeedMbps")
    mbps = Number("LinkSpeedMbps")


class Share(Schema):
    """An entry of NetworkPort.NetDevFuncMaxBWAlloc or Port.FunctionMaxBandwidth: which function uses the port."""

    function = Ref("NetworkDeviceFunction")


class Port(Part):
    """Port, or NetworkPort before NetworkAdapter 1.5."""

    technology = Word("ActiveLinkTechnology", "LinkNetworkTechnology", "PortProtocol")
    addresses = Values("AssociatedNetworkAddresses", "Ethernet.AssociatedMACAddresses")
    gbps = Number("CurrentSpeedGbps")
    mbps = Number("CurrentLinkSpeedMbps")
    max_gbps = Number("MaxSpeedGbps")
    link = Word("LinkStatus")
    link_configuration = Many("LinkConfiguration", LinkConfiguration)
    capabilities = Many("SupportedLinkCapabilities", LinkConfiguration)
    most_shares = Many("NetDevFuncMaxBWAlloc", Share)
    least_shares = Many("NetDevFuncMinBWAlloc", Share)
    new_most_shares = Many("FunctionMaxBandwidth", Share)
    new_least_shares = Many("FunctionMinBandwidth", Share)


class DeviceFunction(Schema):
    """NetworkDeviceFunction: what the host sees of a port, one of several where it is partitioned."""

    id = Text("Id")
    kind = Word("NetDevFuncType")
    mac = Mac("Ethernet.PermanentMACAddress", "Ethernet.MACAddress")
    current_mac = Mac("Ethernet.MACAddress")
    mtu = Whole("Ethernet.MTUSize")
    functions = Whole("MaxVirtualFunctions")
    port = Ref(
        "Links.PhysicalNetworkPortAssignment",
        "Links.PhysicalPortAssignment",
        "PhysicalNetworkPortAssignment",
        "PhysicalPortAssignment",
    )
    may_use = Refs("AssignablePhysicalNetworkPorts", "AssignablePhysicalPorts")
    interface = Ref("Links.EthernetInterface")
    interfaces = Refs("Links.EthernetInterfaces")
