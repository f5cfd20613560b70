"""A part that the BMC lists as disabled, not available or broken is not one that works."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.profile import CpuRequirement, DiskRequirement, MemoryRequirement, PowerRequirement
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import (
    CHASSIS,
    DRIVES,
    MEMORY,
    POWER,
    PROCESSORS,
    SYSTEM,
    dimm,
    drive,
    exactly,
    judged,
    machine,
    read,
    reasons,
    supply,
    to,
)

OUT_OF_USE = "a part that the BMC says is disabled, not available or failed does not count as one that works"
A_WORD = "a flag that a BMC writes as a word or number is read"
CONTAINED = "a chassis that hangs under the machine's and stands in no list is read, or unreadable"
COUNTED = "a list shorter than it counts is open, in whichever type the count is written"
OUT = [
    {"State": "Disabled", "Health": "OK"},
    {"State": "UnavailableOffline", "Health": "OK"},
    {"State": "Failed", "Health": "OK"},
]
BROKEN = [*OUT, {"State": "Enabled", "Health": "Critical"}]


def second_processor(status: dict[str, Any]) -> dict[str, Any]:
    """A processor like the machine's own."""
    return {"Socket": "P1", "ProcessorType": "CPU", "Model": "Fast 9", "TotalCores": 24, "TotalThreads": 48,
            "Status": status}  # fmt: skip


@pytest.mark.truth("A8", OUT_OF_USE)
@pytest.mark.parametrize("status", BROKEN)
def test_a_processor_out_of_use(status: dict[str, Any]) -> None:
    found = read({f"{PROCESSORS}/1": second_processor(status)})
    assert judged(found, cpu=CpuRequirement(sockets=exactly(2)))["cpu.sockets"].verdict is Verdict.UNKNOWN
    assert "P1" in reasons(found, "cpu")


@pytest.mark.truth("A8", OUT_OF_USE)
@pytest.mark.parametrize("status", BROKEN)
def test_a_module_out_of_use(status: dict[str, Any]) -> None:
    found = read({f"{MEMORY}/B1": dimm("B1", Status=status)})
    assert judged(found, memory=MemoryRequirement(dimms=exactly(2)))["memory.dimms"].verdict is Verdict.UNKNOWN
    assert "B1" in reasons(found, "memory.dimms")


@pytest.mark.truth("A8", OUT_OF_USE)
@pytest.mark.parametrize("status", OUT)
@pytest.mark.parametrize(
    ("power", "verdict"), [("On", Verdict.FAIL), ("Off", Verdict.UNKNOWN), (None, Verdict.UNKNOWN)]
)
def test_a_supply_out_of_use(status: dict[str, Any], power: str | None, verdict: Verdict) -> None:
    """A machine that is off may have its parts off; one that is broken is so in any state."""
    both = {POWER: {"Id": "Power", "PowerSupplies": [supply(0), supply(1, Status=status)]}}
    found = read(both | {SYSTEM: machine()[SYSTEM] | {"PowerState": power}})
    said = judged(found, power=PowerRequirement(supplies=exactly(2)))["power.supplies"]
    assert said.verdict is (Verdict.FAIL if status["State"] == "Failed" else verdict)
    assert "PSU bay 1" in said.part


@pytest.mark.truth("A8", OUT_OF_USE)
@pytest.mark.parametrize("status", OUT)
def test_a_drive_out_of_use(status: dict[str, Any]) -> None:
    found = read({f"{DRIVES}/0": drive(Status=status)})
    needs = (DiskRequirement("os", ("ssd",), exactly(1), healthy=True),)
    wanted = Verdict.FAIL if status["State"] == "Failed" else Verdict.UNKNOWN
    assert judged(found, disks=needs)["disks.os.healthy"].verdict is wanted


def test_parts_that_wait_or_start_are_in_use() -> None:
    """A spare, a part that is tested or updated, and one with a warning are there: no healthy machine is doubted."""
    for state in ("StandbySpare", "InTest", "Starting", "Enabled", "Updating", "Quiesced"):
        status = {"State": state, "Health": "OK"}
        found = read({f"{PROCESSORS}/1": second_processor(status), f"{MEMORY}/B1": dimm("B1", Status=status)})
        assert judged(found, cpu=CpuRequirement(sockets=exactly(2)))["cpu.sockets"].verdict is Verdict.PASS
        assert not reasons(found, "memory.dimms")


@pytest.mark.truth("A8", A_WORD)
@pytest.mark.parametrize("said", ["true", "True", "yes", 1])
def test_a_failure_that_is_predicted_in_a_word(said: object) -> None:
    found = read({f"{DRIVES}/0": drive(FailurePredicted=said)})
    needs = (DiskRequirement("os", ("ssd",), exactly(1), healthy=True),)
    assert judged(found, disks=needs)["disks.os.healthy"].verdict is Verdict.FAIL


@pytest.mark.truth("A1", COUNTED)
def test_a_count_that_is_a_string() -> None:
    listed = {"@odata.id": MEMORY, "Name": "all", "Members": [to(f"{MEMORY}/A1"), to(f"{MEMORY}/B1")]}
    found = read({MEMORY: listed | {"Members@odata.count": "3"}})
    assert judged(found, memory=MemoryRequirement(dimms=exactly(2)))["memory.dimms"].verdict is Verdict.UNKNOWN


def box(**links: Any) -> dict[str, Any]:
    """The overlay that makes the list of chassis name only the machine's own, which links further."""
    own = {"Id": "c-9", "Name": "box", "ChassisType": "RackMount", "Power": to(POWER)}
    folder = CHASSIS.rpartition("/")[0]
    return {
        CHASSIS: own | {"Links": links},
        folder: {"@odata.id": folder, "Name": "all", "Members": [to(CHASSIS)], "Members@odata.count": 1},
    }


@pytest.mark.truth("A3", CONTAINED)
def test_a_contained_chassis_that_no_list_names() -> None:
    """Two levels down: a shelf, and in it a bay with the second supply."""
    folder = CHASSIS.rpartition("/")[0]
    shelf, bay = f"{folder}/shelf-4", f"{folder}/bay-6"
    more = {
        shelf: {"ChassisType": "Shelf", "Links": {"Contains": [to(bay)]}},
        bay: {"ChassisType": "Module", "Power": to(f"{bay}/Power")},
        f"{bay}/Power": {"Id": "Power", "PowerSupplies": [supply(5)]},
    }
    found = read(box(Contains=[to(shelf)]) | more)
    assert {one.serial for one in found.power_supplies} == {"PS901", "PS951"}


@pytest.mark.truth("A3", CONTAINED)
def test_a_contained_chassis_that_cannot_be_read() -> None:
    found = read(box(Contains=[to(f"{CHASSIS}-gone")]))
    assert judged(found, power=PowerRequirement(supplies=exactly(1)))["power.supplies"].verdict is Verdict.UNKNOWN
    assert f"{CHASSIS}-gone" in {one.address for one in found.unreadable if one.fact == "power_supplies"}


def test_what_a_server_stands_in_is_not_asked_for() -> None:
    """A rack that another service shows is no part of the server that stands in it."""
    found = read(box(ContainedBy=to(f"{CHASSIS}-rack")))
    assert judged(found, power=PowerRequirement(supplies=exactly(1)))["power.supplies"].verdict is Verdict.PASS
