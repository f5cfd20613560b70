"""Whatever JSON a BMC answers: an inventory, or an error of this room; never another exception, never without end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metalctl.bmc.errors import BmcError
from metalctl.bmc.quirks import quirks_of
from metalctl.bmc.redfish.fetch import boards, root
from metalctl.bmc.redfish.fetch import reader as read
from metalctl.bmc.redfish.fetch.expand import advertised
from metalctl.bmc.redfish.fetch.inventory import start
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.parse import systems
from metalctl.bmc.redfish.schema.body import decode
from metalctl.bmc.redfish.schema.values import link
from metalctl.bmc.redfish.sweep.remember import pack, unpack
from metalctl.model.inventory import Inventory
from tests.unit.bmc.tree_client import Client

V1 = "/redfish/v1"
SYSTEM = f"{V1}/Systems/1"
LIMITS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

# Every property name and many of the values that any parser of ours looks at, so that nonsense lands where it hurts.
NAMES = """
    @odata.id Members Members@odata.nextLink Id Name Status State Health Links Chassis ManagedBy Drives Volumes
    StorageControllers Controllers CapacityBytes CapacityMiB MediaType Protocol Identifiers DurableName
    DurableNameFormat PhysicalLocation PartLocation ServiceLabel LocationOrdinalValue MACAddress SpeedMbps LinkStatus
    PermanentMACAddress AssociatedNetworkAddresses SupportedLinkCapabilities LinkSpeedMbps PowerSupplies Voltages
    Temperatures Fans Reading ReadingCelsius ReadingVolts ReadingType Thresholds UpperCritical TrustedModules
    InterfaceType Attributes DateTime DateTimeLocalOffset Created Severity Message SensorNumber Version ReleaseDate
    ProcessorType TotalCores TotalThreads ProcessorId MicrocodeInfo MemorySummary TotalSystemMemoryGiB
    AllowedSpeedsMHz OperatingSpeedMhz SupportedRAIDTypes PredictedMediaLifeLeftPercent FailurePredicted
    PCIeInterface PCIeType LanesInUse LogEntryType Entries IPv4Addresses error Members@odata.count Contains ContainedBy
    ComputerSystems Boot BootOrder Oem Hpe SmartStorage Devices
""".split()  # noqa: SIM905
PATHS = [f"{V1}/{one}" for one in ("", "Systems", "Systems/1", "x", "Chassis/1", "a#/b/0")]
PATHS += ["", "//x", "https://x/", "/a\r\n"]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(PATHS)
    | st.sampled_from(["Absent", "OK", "CPU", "NVMe", "HDD", "2024-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
                       "1e400", 10**400, -1, 10**18, "-1", "NaN", "aa:bb:cc:dd:ee:ff", "x" * 5000])
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner, max_size=6)
    ),
    max_leaves=25,
)


def member(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def full_tree() -> dict[str, Any]:
    """One of everything, in the old schemas and the new ones."""
    tree: dict[str, Any] = {
        V1: {"RedfishVersion": "1.15.0", "Systems": member(f"{V1}/Systems"), "UpdateService": member(f"{V1}/Update"),
             "Chassis": member(f"{V1}/Chassis"), "Managers": member(f"{V1}/Managers"),
             "ProtocolFeaturesSupported": {"ExpandQuery": {"NoLinks": True}}},
        f"{V1}/Systems": {"Members": [member(SYSTEM)]},
        f"{V1}/Chassis": {"Members": [member(f"{V1}/Chassis/1"), member(f"{V1}/Chassis/2")]},
        SYSTEM: {"@odata.id": SYSTEM, "Links": {"Chassis": [member(f"{V1}/Chassis/1"), member(f"{V1}/Chassis/2")],
                 "ManagedBy": [member(f"{V1}/Managers/1")]}, "TrustedModules": [{"InterfaceType": "TPM2_0"}],
                 "MemorySummary": {"TotalSystemMemoryGiB": 32}, "PCIeDevices": [member(f"{SYSTEM}/P")],
                 **{name: member(f"{SYSTEM}/{name}") for name in (
                     "Processors", "Memory", "Storage", "SimpleStorage", "EthernetInterfaces", "NetworkInterfaces",
                     "Bios", "SecureBoot", "LogServices")}},
        f"{SYSTEM}/Bios": {"Attributes": {"A": "B"}},
        f"{SYSTEM}/SecureBoot": {"SecureBootCurrentBoot": "Enabled"},
        f"{SYSTEM}/Processors/1": {"Id": "1", "TotalCores": 8},
        f"{SYSTEM}/Storage/1": {"@odata.id": f"{SYSTEM}/Storage/1",
                                "Drives": [member(f"{SYSTEM}/D1"), member(f"{SYSTEM}/D2")],
                                "Controllers": member(f"{SYSTEM}/C"), "Volumes": member(f"{SYSTEM}/V")},
        f"{SYSTEM}/D1": {"Id": "D1", "MediaType": "SSD"},
        f"{SYSTEM}/D2": {"Id": "D2", "Protocol": "NVMe", "Model": "X"},
        f"{V1}/Chassis/1": {"Power": member(f"{V1}/Power"), "Thermal": member(f"{V1}/Thermal"),
                            "NetworkAdapters": member(f"{V1}/NA"), "PCIeDevices": member(f"{V1}/PCIe")},
        f"{V1}/Chassis/2": {"PowerSubsystem": member(f"{V1}/PS"), "Sensors": member(f"{V1}/Sensors"),
                            "ThermalSubsystem": member(f"{V1}/TS")},
        f"{V1}/PS": {"PowerSupplies": member(f"{V1}/PSUs")}, f"{V1}/TS": {"Fans": member(f"{V1}/Fans")},
        f"{V1}/Power": {"PowerSupplies": [{"Name": "1"}], "Voltages": [{"ReadingVolts": 12}], "PowerControl": [{}]},
        f"{V1}/Thermal": {"Fans": [{"Reading": 1}], "Temperatures": [{"ReadingCelsius": 20}]},
        f"{V1}/NA/1": {"Ports": member(f"{V1}/Ports"), "NetworkDeviceFunctions": member(f"{V1}/Functions"),
                       "Controllers": [{"FirmwarePackageVersion": "1"}]},
        f"{V1}/Managers/1": {"DateTime": "2024-01-01T00:00:00", "EthernetInterfaces": member(f"{V1}/MEI"),
                             "LogServices": member(f"{V1}/MLS")},
        f"{V1}/MLS/1": {"Id": "Sel", "Entries": member(f"{V1}/Entries")},
        f"{V1}/Update": {"FirmwareInventory": member(f"{V1}/FW")},
    }  # fmt: skip
    for path in ("Processors", "Memory", "Storage", "SimpleStorage", "EthernetInterfaces", "NetworkInterfaces",
                 "LogServices", "C", "V"):  # fmt: skip
        tree[f"{SYSTEM}/{path}"] = {"Members": [member(f"{SYSTEM}/{path}/1")]}
        tree.setdefault(f"{SYSTEM}/{path}/1", {"Id": "1", "CapacityMiB": 1024})
    for path in ("PSUs", "Sensors", "Fans", "NA", "PCIe", "Ports", "Functions", "MEI", "MLS", "Entries", "FW"):
        tree[f"{V1}/{path}"] = {"Members": [member(f"{V1}/{path}/1"), {"Id": "2", "Name": "fan", **_ports(2)}]}
        tree.setdefault(f"{V1}/{path}/1", {"Id": "1", "ReadingType": "Temperature", "Version": "1", **_ports(1)})
    return {path: {"@odata.id": path} | resource for path, resource in tree.items()}


def _ports(n: int) -> dict[str, Any]:
    """What names a port, in both models, and a function of it."""
    mac = f"02:00:00:00:07:0{n}"
    return {"AssociatedNetworkAddresses": [mac], "Ethernet": {"AssociatedMACAddresses": [mac], "MACAddress": mac}}


async def taken(client: Client) -> Inventory:
    service = await client.get(V1)
    if not root.is_service_root(service) or root.equipment(service):
        raise BmcError("no root")
    collection = await client.get(link(service, "Systems"))
    found = await boards.machines(client, service, collection)  # type: ignore[arg-type]
    machine = systems.choose(client.endpoint, found)
    reader = Reader(client, advertised(service))  # type: ignore[arg-type]
    walk = await start(reader, service, machine.path, quirks_of, machine=machine)
    inventory = await walk.inventory()
    walk.findings()
    return inventory


def judged(tree: dict[str, Any]) -> Inventory | None:
    """The inventory, None for an error of this room. It can be packed and unpacked, and took a bounded walk."""
    client = Client(tree)
    try:
        found = asyncio.run(asyncio.wait_for(taken(client), 20))
    except BmcError:
        return None
    assert client.requests <= read.MOST_REQUESTS + 10
    assert unpack(pack(found)) == found, "every value has the type that the model states"
    return found


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key below the value."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from places(inner)


def test_the_tree_is_read_as_it_stands_so_that_the_fuzz_reaches_every_parser() -> None:
    found = judged(full_tree())
    assert found
    assert found.unreadable == ()
    for name in ("disks", "power_supplies", "sensors", "pcie", "log", "firmware", "settings"):
        assert getattr(found, name), name
    assert found.manager
    assert found.tpm


FULL = {"Id": "1", "Name": "n", "@odata.id": SYSTEM} | dict.fromkeys(NAMES[5:], 10**400)


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [10**400, -1, 0, float("nan"), float("-inf"), True, None, "x", [], [[]], [None, 1, "x"], {}, {"Members": [1, {}]},
     {"@odata.id": SYSTEM}, {"@odata.id": 7}, FULL, [FULL], {"Members": [FULL]}],
    ids=lambda what: str(what)[:12],
)  # fmt: skip
def test_a_nasty_value_at_every_place_of_the_tree(what: Any) -> None:
    for n in range(len(list(places(full_tree())))):
        tree = full_tree()
        container, key = list(places(tree))[n]
        container[key] = what
        judged(tree)


@given(where=st.integers(0, 10**6), what=anything)
@LIMITS
def test_any_value_anywhere(where: int, what: Any) -> None:
    tree = full_tree()
    every = list(places(tree))
    container, key = every[where % len(every)]
    container[key] = what
    judged(tree)


@given(st.dictionaries(st.integers(0, 60), anything, min_size=1, max_size=12))
@LIMITS
def test_any_resources_instead_of_the_right_ones(changes: dict[int, Any]) -> None:
    tree = full_tree()
    paths = [path for path in tree if path not in (V1, f"{V1}/Systems")]
    for n, what in changes.items():
        tree[paths[n % len(paths)]] = what
    judged(tree)


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@LIMITS
def test_links_that_lead_anywhere(chance: random.Random, many: int) -> None:
    tree = full_tree()
    links = [(c, k) for c, k in places(tree) if k == "@odata.id"]
    for container, key in chance.sample(links, many):
        container[key] = chance.choice([*tree, *PATHS])
    judged(tree)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | anything.map(lambda v: json.dumps(v).encode()))
@settings(max_examples=300, deadline=None)
def test_any_body(body: bytes) -> None:
    with contextlib.suppress(BmcError):
        assert isinstance(decode("bmc", "/x", body), dict)


@given(anything, st.text(max_size=30), st.text(max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_clock(root_json: Any, stated: str, zone: str) -> None:
    from datetime import UTC, datetime

    from metalctl.bmc.redfish.parse.manager import clock_offset

    offset = clock_offset(stated, zone, datetime.now(UTC))
    assert offset is None or isinstance(offset, float)
    advertised(root_json if isinstance(root_json, dict) else {"ProtocolFeaturesSupported": root_json})


@pytest.mark.parametrize("packed", ["", "zz", "00", "78da", "ab" * 100])
def test_what_no_inventory_was_packed_into_is_an_error_of_the_model(packed: str) -> None:
    from metalctl.model.codec import DecodeError

    with pytest.raises(DecodeError):
        unpack(packed)
