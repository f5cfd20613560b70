"""What a BMC lists or links to is promised: what cannot be read of it is unreadable, with its address, not absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metalctl.lab.fleet.replay import Fault, Replay
from tests.unit.bmc.conftest import collection, member
from tests.unit.bmc.promised import CHASSIS, LISTS, MANAGER, PROMISED, ROOT, SYSTEM, full, taken, told, unread


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    with Replay(full(tree), "admin", "s3cret") as server:
        yield server


def test_a_tree_that_keeps_its_promises_is_read_whole(replay: Replay) -> None:
    found = taken(replay)
    assert found.unreadable == ()
    assert (found.cpu.sockets, len(found.memory.dimms), len(found.nics), len(found.power_supplies)) == (2, 2, 3, 1)


@pytest.mark.truth("A1", PROMISED)
@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize("name", LISTS)
def test_a_listed_member_that_is_not_there_is_unreadable_with_its_address(
    replay: Replay, name: str, status: int
) -> None:
    broken(replay, name, Fault(status, body="{}"))


@pytest.mark.parametrize("fault", [Fault(500), Fault(body="<html>", kind="text/html"), Fault(body="{")], ids=str)
@pytest.mark.parametrize("name", LISTS)
def test_a_listed_member_that_is_garbage_is_unreadable_with_its_address(
    replay: Replay, name: str, fault: Fault
) -> None:
    broken(replay, name, fault)


def broken(replay: Replay, name: str, fault: Fault) -> None:
    """The second of a list's members does that: it is told, and so is where it is."""
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
    [{"Members@odata.count": 3}, {"Members": [], "Members@odata.count": 2},
     {"Members": [member(f"{SYSTEM}/Memory/one"), None]}, {"Members": [member(f"{SYSTEM}/Memory/one"), {}]},
     {"Members": [member(f"{SYSTEM}/Memory/one")] * 2},
     {"Members": [member(f"{SYSTEM}/Memory/one"), member(f"{SYSTEM}/Memory/one/")]},
     {"Members@odata.count": "3"}, {"Members@odata.nextLink": member(f"{SYSTEM}/Memory/more")},
     {"Members@odata.nextLink": f"{SYSTEM}/Memory/more"}],
    ids=["count", "none", "null member", "empty member", "twice the same", "twice, with a slash",
         "count as text", "next page as a link", "next page"],
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


def test_a_list_that_is_null_is_not_empty(replay: Replay) -> None:
    replay.tree[f"{SYSTEM}/Memory"]["Members"] = None
    assert unread(taken(replay)) == {"memory.dimms"}


def test_members_that_differ_in_case_alone_are_two(replay: Replay) -> None:
    second = f"{SYSTEM}/Memory/ONE"
    replay.tree[second] = replay.tree[f"{SYSTEM}/Memory/one"] | {"@odata.id": second, "Id": "ONE"}
    replay.tree[f"{SYSTEM}/Memory"] |= collection(f"{SYSTEM}/Memory/one", second)
    found = taken(replay)
    assert (len(found.memory.dimms), found.unreadable) == (2, ())


@pytest.mark.truth("A1", "an expanded list that leaves members out is read without expansion")
def test_members_that_the_expansion_leaves_out_are_read(replay: Replay) -> None:
    replay.tree[ROOT]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True, "Levels": True}}

    def short(found: dict[str, Any]) -> dict[str, Any]:
        return found | {"Members": found["Members"][:1]} if found["@odata.id"].endswith("/Memory") else found

    replay.expansion = short
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


@pytest.mark.truth("A1", PROMISED)
def test_supplies_that_are_linked_from_power_are_asked(replay: Replay) -> None:
    there, gone = f"{CHASSIS}/Power/PowerSupplies/0", f"{CHASSIS}/Power/PowerSupplies/1"
    replay.tree[f"{CHASSIS}/Power"]["PowerSupplies"] = [member(there), member(gone)]
    replay.tree[there] = {"@odata.id": there, "MemberId": "0", "Name": "PSU 1", "SerialNumber": "P-7"}
    found = taken(replay)
    assert [s.serial for s in found.power_supplies] == ["P-7"]
    assert gone in told(found, "power_supplies")
