"""Deeds for the quirks that name lists beside the standard's: how many parts an inventory has of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.fetch.expand import Expand
from metalctl.bmc.redfish.fetch.inventory import start
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.model.inventory import Inventory
from tests.unit.bmc.tree_client import Client

V1 = "/redfish/v1"
SYSTEM, CHASSIS = f"{V1}/Systems/1", f"{V1}/Chassis/1"


def linked(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def listed(*paths: str) -> dict[str, Any]:
    return {"Members": [linked(path) for path in paths]}


def inventory(tree: dict[str, Any], quirks: Quirks) -> Inventory:
    """What is read of the system /redfish/v1/Systems/1 of the tree, with these quirks."""

    async def taken() -> Inventory:
        client = Client({path: {"@odata.id": path} | one for path, one in tree.items()})
        reader = Reader(client, Expand())  # type: ignore[arg-type]
        walk = await start(reader, client.tree.get(V1, {}), SYSTEM, lambda **_: quirks)
        return await walk.inventory()

    return asyncio.run(taken())


def smart_storage(maker: str = "Hpe") -> dict[str, Any]:
    """A system with an empty Storage, and two drives behind a controller in the maker's own tree."""
    top = f"{SYSTEM}/SmartStorage"
    one = f"{top}/ArrayControllers/0"
    drives = [f"{one}/DiskDrives/{n}" for n in (4, 5)]
    drive = {
        "CapacityMiB": 1831420, "InterfaceType": "SAS", "MediaType": "HDD", "Model": "EX1920", "BlockSizeBytes": 512,
        "FirmwareVersion": {"Current": {"VersionString": "X7"}}, "Status": {"State": "Enabled", "Health": "OK"},
    }  # fmt: skip
    return {
        SYSTEM: {
            "Storage": linked(f"{SYSTEM}/Storage"),
            "Oem": {maker: {"Links": {"SmartStorage": linked(top)}}},
        },
        f"{SYSTEM}/Storage": listed(),
        top: {"Links": {"ArrayControllers": linked(f"{top}/ArrayControllers")}},
        f"{top}/ArrayControllers": listed(one),
        one: {"Id": "0", "Model": "Array 8", "SerialNumber": "A-1", "Links": {"PhysicalDrives": linked(f"{one}/Disks")},
              "FirmwareVersion": {"Current": {"VersionString": "5.0"}}},
        f"{one}/Disks": listed(*drives),
        **{path: drive | {"SerialNumber": f"D-{path[-1]}", "Location": f"1I:1:{path[-1]}"} for path in drives},
    }  # fmt: skip


def disks_behind(maker: str = "Hpe") -> Callable[[Quirks], Any]:
    """Their serial, size, kind, firmware, slot and controller."""
    return lambda quirks: [
        (d.serial, d.size, d.kind, d.firmware, d.slot, d.controller)
        for d in inventory(smart_storage(maker), quirks).disks
    ]


def devices(quirks: Quirks) -> list[tuple[str, str, str]]:
    """The PCIe devices of a chassis that lists them in the maker's own collection."""
    shelf = f"{CHASSIS}/Devices"
    tree = {
        SYSTEM: {"Links": {"Chassis": [linked(CHASSIS)]}},
        CHASSIS: {"PCIeDevices": linked(f"{CHASSIS}/PCIe"), "Oem": {"Hpe": {"Links": {"Devices": linked(shelf)}}}},
        f"{CHASSIS}/PCIe": listed(),
        shelf: listed(f"{shelf}/1", f"{shelf}/2"),
        f"{shelf}/1": {"Id": "1", "Name": "G100", "SerialNumber": "G-1", "Location": "PCI-E Slot 3"},
        f"{shelf}/2": {"Id": "2", "Name": "Empty slot 4", "Status": {"State": "Absent"}},
    }
    return [(d.model, d.serial, d.slot) for d in inventory(tree, quirks).pcie]
