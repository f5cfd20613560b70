"""A small machine behind a BMC, and what an inventory says of it once some of its resources state something else.

found = read({f"{MEMORY}/B2": {"Id": "B2", "Status": {"State": "Absent"}}})       # laid over the machine's own
findings = judged(found, cpu=CpuRequirement(sockets=exactly(2)))                  # by requirement, as `match` says
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from metalctl.bmc.quirks import quirks_of
from metalctl.bmc.redfish.fetch import boards
from metalctl.bmc.redfish.fetch.expand import advertised
from metalctl.bmc.redfish.fetch.inventory import start
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.root import read_root
from metalctl.bmc.redfish.parse.systems import choose
from metalctl.bmc.redfish.schema.links import path_of
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import Profile, Range, Requires
from tests.unit.bmc.tree_client import Client

V1 = "/redfish/v1"
SYSTEM, CHASSIS, MANAGER = f"{V1}/Systems/n-4", f"{V1}/Chassis/c-9", f"{V1}/Managers/m-2"
PROCESSORS, MEMORY, PORTS = f"{SYSTEM}/Processors", f"{SYSTEM}/Memory", f"{SYSTEM}/EthernetInterfaces"
UNIT, SIMPLE, SECURE = f"{SYSTEM}/Storage/u-1", f"{SYSTEM}/SimpleStorage", f"{SYSTEM}/SecureBoot"
DRIVES = f"{UNIT}/Drives"
POWER, ADAPTER, DEVICES = f"{CHASSIS}/Power", f"{CHASSIS}/NetworkAdapters/card-5", f"{CHASSIS}/PCIeDevices"
OWN, FIRMWARE = f"{MANAGER}/EthernetInterfaces", f"{V1}/UpdateService/FirmwareInventory"
WORKS = {"State": "Enabled", "Health": "OK"}
EMPTY = {"State": "Absent"}


def to(path: str) -> dict[str, str]:
    """A link."""
    return {"@odata.id": path}


def machine() -> dict[str, Any]:
    """One processor, two DIMMs, a disk, a port and a supply; all in order."""
    links = {"Links": {"Chassis": [to(CHASSIS)], "ManagedBy": [to(MANAGER)]}}
    lists = {path.rpartition("/")[2]: to(path) for path in (PROCESSORS, MEMORY, PORTS, SECURE)}
    return {
        V1: {"RedfishVersion": "1.11.0", "Id": "R", "Name": "R", "Systems": to(f"{V1}/Systems"),
             "Chassis": to(f"{V1}/Chassis"), "Managers": to(f"{V1}/Managers"),
             "UpdateService": to(f"{V1}/UpdateService")},
        SYSTEM: {"Id": "n-4", "Name": "node", "SerialNumber": "QK7731", "PowerState": "On", "BiosVersion": "7.40",
                 "MemorySummary": {"TotalSystemMemoryGiB": 128}, "Storage": to(f"{SYSTEM}/Storage"), **lists, **links},
        f"{PROCESSORS}/0": {"Socket": "P0", "ProcessorType": "CPU", "Model": "Fast 9", "TotalCores": 24,
                            "TotalThreads": 48, "Status": WORKS},
        f"{MEMORY}/A1": dimm("A1"), f"{MEMORY}/B1": dimm("B1"),
        UNIT: {"Id": "u-1", "Drives": [to(f"{DRIVES}/0")], "StorageControllers": [{"MemberId": "0", "Name": "HBA"}]},
        f"{DRIVES}/0": drive(),
        f"{PORTS}/1": {"MACAddress": "06:31:00:00:00:21", "SpeedMbps": 25000, "LinkStatus": "LinkUp"},
        SECURE: {"SecureBootEnable": True, "SecureBootCurrentBoot": "Enabled"},
        CHASSIS: {"Id": "c-9", "Name": "box", "ChassisType": "RackMount", "Power": to(POWER),
                  "PCIeDevices": to(DEVICES), "NetworkAdapters": to(f"{CHASSIS}/NetworkAdapters"),
                  "Links": {"ComputerSystems": [to(SYSTEM)]}},
        POWER: {"Id": "Power", "PowerSupplies": [supply(0)]},
        MANAGER: {"Id": "m-2", "Name": "BMC", "Model": "Warden", "FirmwareVersion": "4.10", "Status": WORKS,
                  "EthernetInterfaces": to(OWN), "Links": {"ManagerForServers": [to(SYSTEM)]}},
        f"{OWN}/lan": {"Name": "lan", "MACAddress": "06:31:00:00:00:90", "InterfaceEnabled": True},
        f"{V1}/UpdateService": {"Id": "U", "FirmwareInventory": to(FIRMWARE)},
    }  # fmt: skip


def dimm(slot: str, **said: Any) -> dict[str, Any]:
    """A memory module of 64 GiB."""
    own = {"DeviceLocator": slot, "Name": f"DIMM {slot}", "CapacityMiB": 65536, "MemoryDeviceType": "DDR5"}
    return own | {"SerialNumber": f"77{slot}3F", "OperatingSpeedMhz": 4800, "Status": WORKS} | said


def drive(**said: Any) -> dict[str, Any]:
    """A SATA SSD of 960 GB."""
    own = {"Name": "bay 0", "MediaType": "SSD", "Protocol": "SATA", "CapacityBytes": 960_197_124_096, "Status": WORKS}
    return own | {"SerialNumber": "DRV771", "Model": "Swift 960"} | said


def supply(n: int, **said: Any) -> dict[str, Any]:
    """A power supply of 1600 W."""
    own = {"MemberId": str(n), "Name": f"bay {n}", "PowerCapacityWatts": 1600, "Status": WORKS}
    return own | {"SerialNumber": f"PS9{n}1", "LineInputVoltage": 231} | said


def _whole(resources: Mapping[str, Any]) -> dict[str, Any]:
    """The tree: each resource with its own address and id, and a collection wherever some lie in one folder."""
    tree = {p: {"@odata.id": p, "Id": p.rpartition("/")[2]} | r for p, r in resources.items() if r is not None}
    for path in list(tree):
        folder = path.rpartition("/")[0]
        if folder != V1 and folder.startswith(V1) and folder not in tree:
            listed = [to(one) for one in tree if one.rpartition("/")[0] == folder]
            tree[folder] = {"@odata.id": folder, "Name": "all", "Members": listed, "Members@odata.count": len(listed)}
    for path in (f"{CHASSIS}/NetworkAdapters", DEVICES, FIRMWARE, SIMPLE):
        tree.setdefault(path, {"@odata.id": path, "Name": "all", "Members": [], "Members@odata.count": 0})
    return tree


def read(overlay: Mapping[str, Any] | None = None) -> Inventory:
    """What the BMC says of the machine with these resources in place of its own; None takes one away."""
    return asyncio.run(_taken(Client(_whole(machine() | dict(overlay or {})))))


async def _taken(client: Any) -> Inventory:
    """As RedfishBmc.inventory, without connections: what they do is tested where a BMC is replayed."""
    root = await read_root(client)
    known = await boards.machines(client, root, await client.get(path_of(root["Systems"])))
    chosen = choose(client.endpoint, known)
    walk = await start(Reader(client, advertised(root)), root, chosen.path, quirks_of, machine=chosen)
    return await walk.inventory()


def reasons(found: Inventory, fact: str) -> str:
    """Why a fact is not known, all reasons in one."""
    return "; ".join(one.reason for one in found.unreadable if one.fact == fact)


def judged(found: Inventory, **needs: Any) -> dict[str, Finding]:
    """The findings of a profile that asks only for these, by requirement."""
    return {one.requirement: one for one in match(found, Profile("p", "compute", requires=Requires(**needs)))}


def exactly(count: float) -> Range:
    """Just so many."""
    return Range(count, count, str(count))
