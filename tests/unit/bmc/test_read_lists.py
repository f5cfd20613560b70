"""What a BMC lists or links to is promised: what cannot be read of it is unreadable, with its address, not absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.replay import Fault, Replay
from metalctl.model.inventory import Inventory
from tests.unit.bmc.conftest import collection, member

ROOT = "/redfish/v1"
SYSTEM, CHASSIS, MANAGER = f"{ROOT}/Systems/blade-7", f"{ROOT}/Chassis/box-1", f"{ROOT}/Managers/mc-3"
GOOD = Credential("admin", "s3cret")
PROMISED = "what is listed or linked and cannot be read is unreadable with its address, not absent"
STRANGER = "an answer that is an error, or not the resource that was asked, is no part"
NOT_FOUND = {"error": {"code": "Base.1.8.GeneralError", "@Message.ExtendedInfo": [{"MessageId": "Base.1.8.NoSuch"}]}}
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


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    with Replay(full(tree), "admin", "s3cret") as server:
        yield server


def taken(replay: Replay) -> Inventory:
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        return bmc.inventory()


def unread(found: Inventory) -> set[str]:
    return {one.fact for one in found.unreadable}


def told(found: Inventory, fact: str) -> str:
    return " ".join(one.reason for one in found.unreadable if one.fact == fact)


def test_a_tree_that_keeps_its_promises_is_read_whole(replay: Replay) -> None:
    found = taken(replay)
    assert found.unreadable == ()
    assert (found.cpu.sockets, len(found.memory.dimms), len(found.nics), len(found.power_supplies)) == (2, 2, 3, 1)


@pytest.mark.truth("A1", PROMISED)
@pytest.mark.parametrize(
    "fault",
    [Fault(404, body="{}"), Fault(500), Fault(501), Fault(body="<html>", kind="text/html"), Fault(body="{")],
    ids=lambda fault: f"{fault.status} {fault.body or ''}",
)
@pytest.mark.parametrize("name", LISTS)
def test_a_listed_member_that_cannot_be_read_is_unreadable_with_its_address(
    replay: Replay, name: str, fault: Fault
) -> None:
    fact, path = LISTS[name][0], f"{SYSTEM}/{name}/two"
    replay.faults[path] = fault
    found = taken(replay)
    assert fact in unread(found)
    assert path in told(found, fact)


@pytest.mark.truth("A1", PROMISED)
@pytest.mark.parametrize(
    ("path", "facts"),
    [
        *((f"{SYSTEM}/{name}", fact) for name, (fact, _) in LISTS.items()),
        (f"{SYSTEM}/Storage", "controllers volumes disks"),
        (f"{SYSTEM}/Bios", "settings"),
        (f"{SYSTEM}/SecureBoot", "secure_boot"),
        (f"{SYSTEM}/LogServices", "log"),
        (f"{SYSTEM}/LogServices/SEL/Entries", "log"),
        (CHASSIS, "power_supplies sensors pcie nics"),
        (f"{CHASSIS}/NetworkAdapters", "nics"),
        (f"{CHASSIS}/NetworkAdapters/1", "nics"),
        (f"{CHASSIS}/NetworkAdapters/1/Ports", "nics"),
        (f"{CHASSIS}/NetworkAdapters/1/Ports/1", "nics"),
        (f"{CHASSIS}/PCIeDevices", "pcie"),
        (f"{CHASSIS}/PCIeDevices/1", "pcie"),
        (f"{CHASSIS}/Power", "power_supplies sensors"),
        (f"{CHASSIS}/Thermal", "sensors"),
        (MANAGER, "manager firmware.bmc"),
        (f"{MANAGER}/EthernetInterfaces", "manager.mac"),
        (f"{ROOT}/UpdateService", "firmware"),
        (f"{ROOT}/UpdateService/FirmwareInventory", "firmware"),
        (f"{ROOT}/UpdateService/FirmwareInventory/CPLD", "firmware"),
    ],
)
def test_what_is_linked_and_answers_404_costs_what_hangs_on_it_and_nothing_else(
    replay: Replay, path: str, facts: str
) -> None:
    del replay.tree[path]
    found = taken(replay)
    assert unread(found) == set(facts.split()) | ({"controllers", "volumes"} if path.endswith("Storage") else set())
    assert all(one.address == path and path in one.reason for one in found.unreadable)


@pytest.mark.truth("A1", PROMISED)
def test_a_drive_that_a_subsystem_lists_and_that_is_gone_is_unreadable(replay: Replay) -> None:
    drives = [f"{SYSTEM}/Storage/one/Drives/{n}" for n in (1, 2, 3)]
    replay.tree[f"{SYSTEM}/Storage/one"]["Drives"] = [member(path) for path in drives]
    replay.tree[drives[0]] = {"@odata.id": drives[0], "Id": "1", "MediaType": "SSD", "CapacityBytes": 10**12}
    found = taken(replay)
    assert (len(found.disks), unread(found)) == (1, {"disks"})
    assert all(path in told(found, "disks") for path in drives[1:]), "each of them is named"


@pytest.mark.truth("A1", "a list that counts more than it lists is not whole")
@pytest.mark.parametrize(
    "change",
    [{"Members@odata.count": 3}, {"Members": [], "Members@odata.count": 2}, {"Members": None},
     {"Members": [member(f"{SYSTEM}/Memory/one"), None]}, {"Members": [member(f"{SYSTEM}/Memory/one"), {}]},
     {"Members": [member(f"{SYSTEM}/Memory/one")] * 2},
     {"Members@odata.nextLink": f"{SYSTEM}/Memory/more"}],
    ids=["count", "none", "null", "null member", "empty member", "twice the same", "next page"],
)  # fmt: skip
@pytest.mark.parametrize("expands", [False, True])
def test_a_list_that_is_shorter_than_it_says_is_not_whole(
    replay: Replay, change: dict[str, Any], expands: bool
) -> None:
    if expands:
        replay.tree[ROOT]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True, "Levels": True}}
    replay.tree[f"{SYSTEM}/Memory"] |= change
    found = taken(replay)
    assert unread(found) == {"memory.dimms"}
    assert f"{SYSTEM}/Memory" in told(found, "memory.dimms")


@pytest.mark.truth("A1", "an expanded list that leaves members out is read without expansion")
def test_members_that_the_expansion_leaves_out_are_read(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    replay.tree[ROOT]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True, "Levels": True}}
    whole = replay.service._expanded

    def short(resource: Any) -> Any:
        found = whole(resource)
        return found | {"Members": found["Members"][:1]} if found["@odata.id"].endswith("/Memory") else found

    monkeypatch.setattr(replay.service, "_expanded", short)
    found = taken(replay)
    assert (len(found.memory.dimms), found.unreadable) == (2, ())


@pytest.mark.truth("A1", "a list that counts more than it lists is not whole")
@pytest.mark.parametrize(
    ("path", "name", "fact"),
    [(f"{SYSTEM}/Storage/one", "Drives", "disks"), (f"{SYSTEM}/Storage/one", "StorageControllers", "controllers"),
     (f"{CHASSIS}/Power", "PowerSupplies", "power_supplies"), (f"{CHASSIS}/Thermal", "Fans", "sensors")],
)  # fmt: skip
def test_a_list_inside_a_resource_is_counted_too(replay: Replay, path: str, name: str, fact: str) -> None:
    replay.tree[path][f"{name}@odata.count"] = 5
    assert unread(taken(replay)) == {fact}


@pytest.mark.truth("A1", PROMISED)
def test_of_very_many_parts_some_are_named_and_the_rest_counted(replay: Replay) -> None:
    replay.tree[f"{SYSTEM}/Memory"] = collection(*(f"{SYSTEM}/Memory/M{n}" for n in range(100)))
    found = taken(replay)
    told = [one for one in found.unreadable if one.fact == "memory.dimms"]
    assert (len(told), told[-1].reason) == (65, "36 more could not be read")


def stranger(**own: Any) -> dict[str, Any]:
    return {"ProcessorType": "CPU", "TotalCores": 8, "TotalThreads": 16, "Model": "X", **own}


CPU = f"{SYSTEM}/Processors/two"


IN_A_LIST = (
    NOT_FOUND,
    NOT_FOUND | {"@odata.id": CPU, "Id": "two"},
    {"error": {}},
    {},
    {"@odata.id": CPU},
    stranger(),
    stranger(**{"@odata.type": "#Processor.v1_7_0.Processor"}),
    stranger(**{"@odata.id": f"{SYSTEM}/Processors/one", "Id": "one"}),
    stranger(**{"@odata.id": f"{SYSTEM}/Processors/one"}),
)
ALONE = (
    stranger(Id="seven"),
    stranger(**{"@odata.id": f"{ROOT}/Systems/blade-8/Processors/two", "Id": "two"}),
    stranger(**{"@odata.id": f"{SYSTEM}/Memory/two", "Id": "two"}),
    stranger(**{"@odata.id": ROOT}),
    stranger(**{"@odata.id": "/redfish/v1/Oem"}),
)


@pytest.mark.truth("A2", STRANGER)
@pytest.mark.parametrize("answer", [*IN_A_LIST, *ALONE])
def test_a_body_that_is_not_the_processor_that_was_asked_is_no_processor(
    replay: Replay, answer: dict[str, Any]
) -> None:
    replay.tree[CPU] = answer
    found = taken(replay)
    assert (found.cpu.sockets, [p.socket for p in found.cpu.packages]) == (None, ["one"])
    assert CPU in told(found, "cpu")


@pytest.mark.truth("A2", STRANGER)
@pytest.mark.parametrize("answer", IN_A_LIST)
def test_nor_is_it_inside_a_list_that_came_expanded(replay: Replay, answer: dict[str, Any]) -> None:
    replay.tree[ROOT]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True, "Levels": True}}
    replay.tree[CPU] = answer
    found = taken(replay)
    assert (found.cpu.sockets, [p.socket for p in found.cpu.packages]) == (None, ["one"])
    assert "cpu" in unread(found)


@pytest.mark.parametrize(
    "own",
    [{"@odata.id": f"{CPU}/"}, {"@odata.id": CPU.upper()}, {"@odata.id": f"https://bmc.example.net{CPU}"},
     {"@odata.id": f"{CPU}#/"}, {"@odata.id": f"{CPU}?$expand=*"}, {"@odata.id": CPU.replace("blade-7", "blade%2D7")},
     {"Id": "two"}, {"MemberId": "TWO"}, {"@odata.id": f"{SYSTEM}/Processors/one", "Id": "two"}],
    ids=str,
)  # fmt: skip
def test_what_makes_no_other_resource_is_no_objection(replay: Replay, own: dict[str, str]) -> None:
    replay.tree[CPU] = stranger(**own)
    found = taken(replay)
    assert (found.cpu.sockets, found.unreadable) == (2, ())


@pytest.mark.truth("A2", "two addresses of a list that are one resource are not two parts")
def test_two_listed_addresses_that_are_one_resource_are_not_two_parts(replay: Replay) -> None:
    one, other = f"{SYSTEM}/Storage/one/Drives/0", f"{SYSTEM}/Storage/two/Drives/0"
    replay.tree[f"{SYSTEM}/Storage/one"]["Drives"] = [member(one)]
    replay.tree[f"{SYSTEM}/Storage/two"]["Drives"] = [member(other)]
    drive = {"@odata.id": other, "Id": "0", "Name": "D", "MediaType": "SSD", "CapacityBytes": 10**12}
    replay.tree |= {one: drive, other: drive}
    assert unread(taken(replay)) == {"disks"}
    replay.tree[one] = drive | {"@odata.id": one, "Name": "E"}
    found = taken(replay)
    assert (len(found.disks), found.unreadable) == (2, ())


def test_a_drive_that_calls_itself_by_its_other_address_is_itself(replay: Replay) -> None:
    """Some BMCs list Storage/Drives/X, and X says that it is Storage/two/Drives/X."""
    listed, own = f"{SYSTEM}/Storage/Drives/X", f"{SYSTEM}/Storage/two/Drives/X"
    replay.tree[f"{SYSTEM}/Storage/two"]["Drives"] = [member(listed)]
    replay.tree[listed] = {"@odata.id": own, "Id": "X", "MediaType": "SSD", "CapacityBytes": 10**12}
    found = taken(replay)
    assert (len(found.disks), found.unreadable) == (1, ())


@pytest.mark.truth("A2", STRANGER)
@pytest.mark.parametrize(
    ("path", "fact"),
    [(f"{SYSTEM}/Bios", "settings"), (f"{SYSTEM}/SecureBoot", "secure_boot"), (f"{CHASSIS}/Power", "power_supplies"),
     (CHASSIS, "pcie"), (MANAGER, "manager"), (f"{SYSTEM}/Storage/two", "disks"), (f"{SYSTEM}/Memory", "memory.dimms")],
)  # fmt: skip
def test_an_error_with_http_200_is_no_resource_anywhere(replay: Replay, path: str, fact: str) -> None:
    replay.tree[path] = NOT_FOUND
    found = taken(replay)
    assert fact in unread(found)
    assert "Base.1.8.NoSuch" in told(found, fact)


@pytest.mark.truth("A1", PROMISED)
def test_supplies_that_are_linked_from_power_are_asked(replay: Replay) -> None:
    there, gone = f"{CHASSIS}/Power/PowerSupplies/0", f"{CHASSIS}/Power/PowerSupplies/1"
    replay.tree[f"{CHASSIS}/Power"]["PowerSupplies"] = [member(there), member(gone)]
    replay.tree[there] = {"@odata.id": there, "MemberId": "0", "Name": "PSU 1", "SerialNumber": "P-7"}
    found = taken(replay)
    assert [s.serial for s in found.power_supplies] == ["P-7"]
    assert gone in told(found, "power_supplies")
