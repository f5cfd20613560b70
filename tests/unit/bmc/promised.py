"""The small tree with two of whatever is listed, and what an inventory says of it."""

from __future__ import annotations

from typing import Any

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.lab.fleet.replay import Replay
from metalctl.model.inventory import Inventory
from tests.unit.bmc.conftest import collection, member

ROOT = "/redfish/v1"
SYSTEM, CHASSIS, MANAGER = f"{ROOT}/Systems/blade-7", f"{ROOT}/Chassis/box-1", f"{ROOT}/Managers/mc-3"
GOOD = Credential("admin", "s3cret")
PROMISED = "what is listed or linked and cannot be read is unreadable with its address, not absent"
LISTS = {
    "Processors": ("cpu", {"ProcessorType": "CPU", "TotalCores": 8, "TotalThreads": 16, "Model": "X"}),
    "Memory": ("memory.dimms", {"CapacityMiB": 32768}),
    "Storage": ("disks", {"Drives": []}),
    "EthernetInterfaces": ("nics", {"MACAddress": "02:00:00:00:00:01"}),
}


def full(tree: dict[str, Any]) -> dict[str, Any]:
    """The small tree with a chassis, a manager, an update service, and two of whatever is listed."""
    links = {"Chassis": [member(CHASSIS)], "ManagedBy": [member(MANAGER)]}
    singles = ("Bios", "SecureBoot", "LogServices")
    tree[SYSTEM] |= {"Links": links, **{name: member(f"{SYSTEM}/{name}") for name in singles}}
    parts = ("NetworkAdapters", "PCIeDevices", "Power", "Thermal")
    more: dict[str, Any] = {
        ROOT: tree[ROOT] | {n: member(f"{ROOT}/{n}") for n in ("Chassis", "Managers", "UpdateService")},
        f"{ROOT}/Chassis": collection(CHASSIS),
        f"{ROOT}/Managers": collection(MANAGER),
        CHASSIS: {"Links": {"ComputerSystems": [member(SYSTEM)]}, **{n: member(f"{CHASSIS}/{n}") for n in parts}},
        f"{CHASSIS}/NetworkAdapters": collection(f"{CHASSIS}/NetworkAdapters/1"),
        f"{CHASSIS}/NetworkAdapters/1": {"Ports": member(f"{CHASSIS}/NetworkAdapters/1/Ports")},
        f"{CHASSIS}/NetworkAdapters/1/Ports": collection(f"{CHASSIS}/NetworkAdapters/1/Ports/1"),
        f"{CHASSIS}/NetworkAdapters/1/Ports/1": {"Ethernet": {"AssociatedMACAddresses": ["02:00:00:00:00:09"]}},
        f"{CHASSIS}/PCIeDevices": collection(f"{CHASSIS}/PCIeDevices/1"),
        f"{CHASSIS}/PCIeDevices/1": {"Id": "1"},
        f"{CHASSIS}/Power": {"PowerSupplies": [{"MemberId": "0", "Name": "PSU 1"}]},
        f"{CHASSIS}/Thermal": {"Fans": [{"Name": "FAN 1", "Reading": 9000}]},
        MANAGER: {"Model": "MC", "EthernetInterfaces": member(f"{MANAGER}/EthernetInterfaces")},
        f"{MANAGER}/EthernetInterfaces": collection(),
        f"{SYSTEM}/Bios": {"Attributes": {"A": "B"}},
        f"{SYSTEM}/SecureBoot": {"SecureBootCurrentBoot": "Enabled"},
        f"{SYSTEM}/LogServices": collection(f"{SYSTEM}/LogServices/SEL"),
        f"{SYSTEM}/LogServices/SEL": {"Id": "SEL", "Entries": member(f"{SYSTEM}/LogServices/SEL/Entries")},
        f"{SYSTEM}/LogServices/SEL/Entries": collection(),
        f"{ROOT}/UpdateService": {"FirmwareInventory": member(f"{ROOT}/UpdateService/FirmwareInventory")},
        f"{ROOT}/UpdateService/FirmwareInventory": collection(f"{ROOT}/UpdateService/FirmwareInventory/CPLD"),
        f"{ROOT}/UpdateService/FirmwareInventory/CPLD": {"Id": "CPLD", "Name": "CPLD", "Version": "7"},
    }
    for name, (_, resource) in LISTS.items():
        paths = [f"{SYSTEM}/{name}/{n}" for n in ("one", "two")]
        more |= {f"{SYSTEM}/{name}": collection(*paths)}
        for n, path in enumerate(paths):
            more[path] = {"Id": path.rsplit("/", 1)[1]} | resource
            if name == "EthernetInterfaces":
                more[path]["MACAddress"] = f"02:00:00:00:01:0{n}"
    return tree | {path: {"@odata.id": path} | resource for path, resource in more.items()}


def taken(replay: Replay) -> Inventory:
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        return bmc.inventory()


def unread(found: Inventory) -> set[str]:
    return {one.fact for one in found.unreadable}


def told(found: Inventory, fact: str) -> str:
    return " ".join(one.reason for one in found.unreadable if one.fact == fact)
