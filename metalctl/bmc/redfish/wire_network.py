"""EthernetInterface, NetworkAdapter, Port and NetworkPort, NetworkDeviceFunction (DSP8010: schemas of these names)."""

from __future__ import annotations

from metalctl.bmc.redfish.wire import Flag, Mac, Many, Number, Record, Ref, Text, Values, Whole


class EthernetInterface(Record):
    """EthernetInterface of a system or a manager."""

    id = Text("Id")
    kind = Text("EthernetInterfaceType")
    host_interface = Ref("Links.HostInterface")
    mac = Mac("PermanentMACAddress", "MACAddress")
    speed_mbps = Number("SpeedMbps")
    link = Text("LinkStatus")
    full_duplex = Flag("FullDuplex")
    mtu = Whole("MTUSize")
    enabled = Flag("InterfaceEnabled")
    addresses = Values("IPv4Addresses")
    addresses6 = Values("IPv6Addresses")


class AdapterController(Record):
    """NetworkAdapter.Controllers."""

    firmware = Text("FirmwarePackageVersion")
    functions_a_port = Whole("ControllerCapabilities.VirtualizationOffload.VirtualFunction.NetworkPortMaxCount")


class NetworkAdapter(Record):
    """NetworkAdapter. Ports replaced NetworkPorts in 1.5; old BMCs have only the latter, some state both."""

    id = Text("Id", "Name")
    model = Text("Model")
    serial = Text("SerialNumber")
    part_number = Text("PartNumber")
    label = Text("Location.PartLocation.ServiceLabel")
    controllers = Many("Controllers", AdapterController)
    ports = Ref("Ports", "NetworkPorts")
    functions = Ref("NetworkDeviceFunctions")


class NetworkInterface(Record):
    """NetworkInterface: the system's view of an adapter."""

    adapter = Ref("Links.NetworkAdapter")


class LinkConfiguration(Record):
    """Port.LinkConfiguration and NetworkPort.SupportedLinkCapabilities."""

    gbps = Values("CapableLinkSpeedGbps")
    many_mbps = Values("CapableLinkSpeedMbps")
    mbps = Number("LinkSpeedMbps")


class Port(Record):
    """Port, or NetworkPort before NetworkAdapter 1.5."""

    id = Text("Id")
    technology = Text("ActiveLinkTechnology", "LinkNetworkTechnology")
    addresses = Values("AssociatedNetworkAddresses", "Ethernet.AssociatedMACAddresses")
    gbps = Number("CurrentSpeedGbps")
    mbps = Number("CurrentLinkSpeedMbps")
    max_gbps = Number("MaxSpeedGbps")
    link = Text("LinkStatus")
    link_configuration = Many("LinkConfiguration", LinkConfiguration)
    capabilities = Many("SupportedLinkCapabilities", LinkConfiguration)


class DeviceFunction(Record):
    """NetworkDeviceFunction."""

    id = Text("Id")
    kind = Text("NetDevFuncType")
    mac = Mac("Ethernet.PermanentMACAddress", "Ethernet.MACAddress")
    mtu = Whole("Ethernet.MTUSize")
    functions = Whole("MaxVirtualFunctions")
