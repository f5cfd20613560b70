"""An answer that is an error, or another resource than was asked, is no part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metalctl.lab.fleet.replay import Replay
from tests.unit.bmc.conftest import collection, member
from tests.unit.bmc.promised import CHASSIS, MANAGER, ROOT, SYSTEM, full, taken, told, unread

STRANGER = "an answer that is an error, or not the resource that was asked, is no part"
NOT_FOUND = {"error": {"code": "Base.1.8.GeneralError", "@Message.ExtendedInfo": [{"MessageId": "Base.1.8.NoSuch"}]}}


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    with Replay(full(tree), "admin", "s3cret") as server:
        yield server


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


@pytest.mark.truth("A2", "what a list holds beside its kind is no part of that kind")
@pytest.mark.parametrize("where", [SYSTEM, f"{SYSTEM}/Memory/one", ROOT])
@pytest.mark.parametrize("expands", [False, True])
def test_a_resource_of_another_type_is_no_processor(replay: Replay, where: str, expands: bool) -> None:
    if expands:
        replay.tree[ROOT]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True, "Levels": True}}
    kind = {SYSTEM: "ComputerSystem", ROOT: "ServiceRoot"}.get(where, "Memory")
    replay.tree[where]["@odata.type"] = f"#{kind}.v1_5_0.{kind}"
    replay.tree[f"{SYSTEM}/Processors/one"]["@odata.type"] = "#AcmeProcessor.v1_0_0.AcmeProcessor"
    listed = collection(f"{SYSTEM}/Processors/one", where)
    replay.tree[f"{SYSTEM}/Processors"] |= listed | {"@odata.type": "#ProcessorCollection.ProcessorCollection"}
    found = taken(replay)
    assert (found.cpu.sockets, [p.socket for p in found.cpu.packages]) == (None, ["one"])
    assert f"of type {kind}" in told(found, "cpu") or expands


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
