"""A small Redfish tree over HTTPS, and a clean slate of refused credentials for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metalctl.bmc.credentials import lockout
from metalctl.lab.fleet.replay import Replay

ROOT = "/redfish/v1"
SYSTEM = f"{ROOT}/Systems/blade-7"


def member(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def collection(*paths: str) -> dict[str, Any]:
    return {"Members": [member(p) for p in paths], "Members@odata.count": len(paths)}


def small_tree() -> dict[str, Any]:
    """One system with a processor, two DIMM slots, a drive and a port; its id is none that anybody would guess."""
    return {path: {"@odata.id": path} | resource for path, resource in _resources().items()}


def _resources() -> dict[str, Any]:
    return {
        ROOT: {
            "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot",
            "Id": "Root",
            "Name": "Root",
            "Product": "Acme BMC",
            "Systems": member(f"{ROOT}/Systems"),
        },
        f"{ROOT}/Systems": collection(SYSTEM),
        SYSTEM: {
            "@odata.id": SYSTEM,
            "@odata.type": "#ComputerSystem.v1_5_0.ComputerSystem",
            "Id": "blade-7",
            "Name": "Blade 7",
            "UUID": "AAAAAAAA-0000-0000-0000-000000000001",
            "SerialNumber": "S-1",
            "Manufacturer": "Acme",
            "Model": "Box",
            "PowerState": "Off",
            "BiosVersion": "1.2",
            "Boot": {
                "BootSourceOverrideEnabled": "Disabled",
                "BootSourceOverrideTarget": "None",
                "BootSourceOverrideMode": "UEFI",
            },
            "MemorySummary": {"TotalSystemMemoryGiB": 32},
            "Processors": member(f"{SYSTEM}/Processors"),
            "Memory": member(f"{SYSTEM}/Memory"),
            "Storage": member(f"{SYSTEM}/Storage"),
            "EthernetInterfaces": member(f"{SYSTEM}/EthernetInterfaces"),
            "Actions": {
                "#ComputerSystem.Reset": {
                    "target": f"{SYSTEM}/Actions/ComputerSystem.Reset",
                    "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "ForceRestart"],
                }
            },
        },
        f"{SYSTEM}/Processors": collection(f"{SYSTEM}/Processors/0"),
        f"{SYSTEM}/Processors/0": {"ProcessorType": "CPU", "Model": "X", "TotalCores": "8", "TotalThreads": 16},
        f"{SYSTEM}/Memory": collection(f"{SYSTEM}/Memory/A1", f"{SYSTEM}/Memory/A2"),
        f"{SYSTEM}/Memory/A1": {"DeviceLocator": "A1", "CapacityMiB": 32768, "ErrorCorrection": "MultiBitECC"},
        f"{SYSTEM}/Memory/A2": {"DeviceLocator": "A2", "Status": {"State": "Absent"}, "CapacityMiB": None},
        f"{SYSTEM}/Storage": collection(f"{SYSTEM}/Storage/1"),
        f"{SYSTEM}/Storage/1": {"Drives": [member(f"{SYSTEM}/Storage/1/Drives/0")]},
        f"{SYSTEM}/Storage/1/Drives/0": {"Id": "0", "MediaType": "HDD", "Protocol": "SAS", "CapacityBytes": 4 * 10**12},
        f"{SYSTEM}/EthernetInterfaces": collection(f"{SYSTEM}/EthernetInterfaces/1"),
        f"{SYSTEM}/EthernetInterfaces/1": {
            "Id": "1",
            "MACAddress": "AA-BB-CC-00-00-01",
            "SpeedMbps": 25000,
            "LinkStatus": "LinkUp",
        },
    }


@pytest.fixture(autouse=True)
def _nothing_refused_yet() -> Iterator[None]:
    lockout.forget()
    yield
    lockout.forget()


@pytest.fixture
def tree() -> dict[str, Any]:
    return small_tree()


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    """A BMC that wants admin / s3cret."""
    with Replay(tree, "admin", "s3cret") as server:
        yield server
