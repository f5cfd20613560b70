"""The BMC itself: its port, its network protocols, virtual media, its log."""

from __future__ import annotations

from metalctl.lab.fleet.trees._build import CHASSIS, MANAGER, OK, SYSTEM, Builder, link, mac


def add(b: Builder) -> None:
    reset = {"target": f"{MANAGER}/Actions/Manager.Reset"}
    b.collect(MANAGER.rsplit("/", 1)[0], "Manager", MANAGER)
    b.add(
        MANAGER,
        "Manager.v1_18_0",
        "BMC",
        ManagerType="BMC",
        Manufacturer="Example Systems",
        Model="Example BMC",
        FirmwareVersion="2.10.3",
        UUID="5e7e5000-1a2b-4c3d-8e4f-0000000000b0",
        DateTime="2025-01-01T00:00:00+00:00",
        DateTimeLocalOffset="+00:00",
        Status=OK,
        EthernetInterfaces=_port(b),
        NetworkProtocol=_protocols(b),
        VirtualMedia=_media(b),
        LogServices=b.collect(f"{MANAGER}/LogServices", "LogService"),
        Links={"ManagerForServers": [link(SYSTEM)], "ManagerForChassis": [link(CHASSIS)]},
        Actions={"#Manager.Reset": {**reset, "ResetType@Redfish.AllowableValues": ["GracefulRestart", "ForceRestart"]}},
    )


def _port(b: Builder) -> dict[str, str]:
    path = f"{MANAGER}/EthernetInterfaces/Dedicated"
    b.add(
        path,
        "EthernetInterface.v1_9_0",
        "BMC port",
        MACAddress=mac(0xB0, 0),
        PermanentMACAddress=mac(0xB0, 0),
        SpeedMbps=1000,
        LinkStatus="LinkUp",
        DHCPv4={"DHCPEnabled": True},
        Status=OK,
    )
    return b.collect(f"{MANAGER}/EthernetInterfaces", "EthernetInterface", path)


def _protocols(b: Builder) -> dict[str, str]:
    protocols = {"HTTPS": {"Port": 443}, "SSH": {"Port": 22}, "IPMI": {"Port": 623}}
    on = {name: {"ProtocolEnabled": True, **about} for name, about in protocols.items()}
    return b.add(f"{MANAGER}/NetworkProtocol", "ManagerNetworkProtocol.v1_9_1", "Network Protocols", **on, Status=OK)


def _media(b: Builder) -> dict[str, str]:
    path = f"{MANAGER}/VirtualMedia/Cd-0"
    actions = {
        "#VirtualMedia.InsertMedia": {"target": f"{path}/Actions/VirtualMedia.InsertMedia"},
        "#VirtualMedia.EjectMedia": {"target": f"{path}/Actions/VirtualMedia.EjectMedia"},
    }
    empty = {
        "Image": None,
        "ImageName": None,
        "Inserted": False,
        "WriteProtected": True,
        "ConnectedVia": "NotConnected",
    }
    b.add(path, "VirtualMedia.v1_6_2", "Virtual CD", MediaTypes=["CD", "DVD"], **empty, Actions=actions)
    return b.collect(f"{MANAGER}/VirtualMedia", "VirtualMedia", path)
