"""What a BMC does not state of memory and supplies is null: never a value, a part or a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.inventory import Inventory
from metalctl.model.profile import CpuRequirement, DiskRequirement, MemoryRequirement, PowerRequirement, Range
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import (
    EMPTY,
    MEMORY,
    POWER,
    SYSTEM,
    WORKS,
    dimm,
    exactly,
    judged,
    machine,
    read,
    reasons,
    supply,
)

NOTHING = "an entry that states nothing is not a part that is there"
UNITS = "a size that can only be in the wrong unit is doubted aloud"


def supplies(*listed: dict[str, Any]) -> Inventory:
    return read({POWER: {"PowerSupplies": list(listed)}})


def modules(**listed: dict[str, Any]) -> Inventory:
    return read({f"{MEMORY}/A1": None, f"{MEMORY}/B1": None} | {f"{MEMORY}/{n}": said for n, said in listed.items()})


def test_the_machine_that_states_all_is_known_and_passes() -> None:
    found = read()
    assert found.unreadable == ()
    asked = judged(
        found,
        cpu=CpuRequirement(sockets=exactly(1)),
        memory=MemoryRequirement(dimms=exactly(2)),
        power=PowerRequirement(supplies=exactly(1), capacity=Range(1600, None, ">= 1600 W")),
        disks=(DiskRequirement("os", ("ssd",), exactly(1), size=Range(9e11, 1e12)),),
        secure_boot=True,
    )
    assert {one.verdict for one in asked.values()} == {Verdict.PASS}, asked


# Supplies


@pytest.mark.truth("A8", NOTHING)
@pytest.mark.parametrize("bay", [{}, {"Model": None, "SerialNumber": "", "PowerCapacityWatts": 0, "Status": {}},
                                 {"Model": "N/A", "Status": {"State": None, "Health": "OK"}}])  # fmt: skip
def test_a_bay_that_states_nothing_is_no_power_supply(bay: dict[str, Any]) -> None:
    found = supplies(supply(0), {"MemberId": "1", "Name": "bay 1", **bay})
    assert [one.present for one in found.power_supplies] == [True, None]
    asked = judged(found, power=PowerRequirement(supplies=exactly(2)))["power.supplies"]
    assert asked.verdict is Verdict.UNKNOWN
    assert "bay 1" in asked.part


@pytest.mark.truth("A8", "a supply's capacity may stand in its input ranges")
@pytest.mark.parametrize(
    ("said", "watts"),
    [({"InputRanges": [{"OutputWattage": 1100}]}, 1100),
     ({"PowerCapacityWatts": 0, "InputRanges": [{"CapacityWatts": 1300, "NominalVoltageType": "AC100To240V"}]}, 1300),
     ({"LineInputVoltage": 118, "InputRanges": [
         {"MinimumVoltage": 100, "MaximumVoltage": 127, "OutputWattage": 900},
         {"MinimumVoltage": 200, "MaximumVoltage": 240, "OutputWattage": 1400}]}, 900),
     ({"LineInputVoltage": 208, "InputRanges": [
         {"NominalVoltageType": "AC100To127V", "CapacityWatts": 900},
         {"NominalVoltageType": "AC200To240V", "CapacityWatts": 1400}]}, 1400),
     ({"LineInputVoltage": None, "InputNominalVoltageType": "AC200To277V", "InputRanges": [
         {"NominalVoltageType": "AC100To127V", "CapacityWatts": 900},
         {"NominalVoltageType": "AC200To277V", "CapacityWatts": 1500}]}, 1500),
     # Nobody says which of the two it runs in: more than it has is never promised.
     ({"LineInputVoltage": None, "InputRanges": [{"OutputWattage": 900}, {"OutputWattage": 1400}]}, None),
     ({"PowerCapacityWatts": 750, "InputRanges": [{"OutputWattage": 1100}]}, 750)],
)  # fmt: skip
def test_the_capacity_of_a_supply_is_that_of_the_range_which_it_runs_in(said: dict[str, Any], watts: int) -> None:
    (found,) = supplies({k: v for k, v in supply(0).items() if k != "PowerCapacityWatts"} | said).power_supplies
    assert found.capacity == watts


@pytest.mark.truth("A8", "an empty slot carries the label that its neighbours carry")
def test_an_empty_bay_is_called_as_the_other_supplies_are() -> None:
    nameless = {"MemberId": "2", "Status": EMPTY}
    found = supplies(*(supply(n, Name="Supply", Model="S") for n in (0, 1)), nameless).power_supplies
    assert [one.slot for one in found] == ["Supply 0", "Supply 1", "Supply 2"]


# Memory


@pytest.mark.truth("A8", NOTHING)
@pytest.mark.parametrize("slot", [{"DeviceLocator": "B1"}, {"DeviceLocator": "B1", "CapacityMiB": 0, "Status": WORKS},
                                  {"DeviceLocator": "B1", "CapacityMiB": 0, "SerialNumber": "9A01"}])  # fmt: skip
def test_a_slot_of_which_nobody_knows_whether_it_is_filled_leaves_the_count_open(slot: dict[str, Any]) -> None:
    found = read({f"{MEMORY}/B1": slot})
    assert [(d.slot, d.size) for d in found.memory.dimms] == [("A1", 64 * 2**30)]
    assert "B1" in reasons(found, "memory.dimms")
    for wanted in (1, 2):
        asked = judged(found, memory=MemoryRequirement(dimms=exactly(wanted)))["memory.dimms"]
        assert asked.verdict is Verdict.UNKNOWN, wanted


@pytest.mark.truth("A8", "an empty slot carries the label that its neighbours carry")
@pytest.mark.parametrize(
    ("filled", "empty", "label"),
    [({}, {"Name": "DIMM C1", "Location": {"PartLocation": {"ServiceLabel": "C1"}}}, "C1"),
     ({"Name": "A1"}, {"DeviceLocator": None, "Name": "C1"}, "C1"),
     ({"DeviceLocator": "P0-DIMM-A1", "Name": "module"}, {"DeviceLocator": "N/A", "Name": "P0-DIMM-C1"}, "P0-DIMM-C1"),
     ({"DeviceLocator": None, "Name": "slot"}, {"Name": "slot"}, "x3")],
)  # fmt: skip
def test_an_empty_slot_is_called_by_the_property_that_its_neighbours_are_called_by(
    filled: dict[str, Any], empty: dict[str, Any], label: str
) -> None:
    found = modules(x1=dimm("A1", **filled), x3={"CapacityMiB": None, "Status": EMPTY, **empty}).memory.dimms
    assert [d.slot for d in found if not d.size] == [label]


@pytest.mark.truth("A8", UNITS)
@pytest.mark.parametrize(("mib", "kind"), [(64, "DDR5"), (64 * 2**30, "DDR5"), (64 * 2**20, "DDR4"), (512, "DDR4"),
                                           (256, "DDR5_SDRAM"), (768, "")])  # fmt: skip
def test_a_module_whose_size_is_in_gib_or_bytes_is_doubted(mib: int, kind: str) -> None:
    found = modules(a=dimm("A1"), b=dimm("B1", CapacityMiB=mib, MemoryDeviceType=kind))
    assert [d.slot for d in found.memory.dimms] == ["A1"]
    assert "B1 states" in reasons(found, "memory.dimms")
    asked = judged(found, memory=MemoryRequirement(total=Range(64 * 2**30, None, ">= 64 GiB"), dimms=exactly(2)))
    assert asked["memory.dimms"].verdict is Verdict.UNKNOWN


@pytest.mark.truth("A8", UNITS)
@pytest.mark.parametrize(("stated", "listed"), [(131072, True), (0.125, True), (131072, False)])
def test_a_sum_of_memory_in_mib_or_tib_is_doubted(stated: float, listed: bool) -> None:
    system = machine()[SYSTEM] | {"MemorySummary": {"TotalSystemMemoryGiB": stated}}
    slots = {} if listed else {f"{MEMORY}/{n}": None for n in ("A1", "B1")}
    found = read({SYSTEM: {k: v for k, v in system.items() if listed or k != "Memory"}, **slots})
    assert found.memory.total is None
    assert "another unit" in reasons(found, "memory.total")


def test_sizes_that_machines_have_are_believed() -> None:
    sizes = {
        "a": (2048, "DDR4"),
        "b": (1048576, "DDR5"),
        "c": (24576, "DDR5"),
        "d": (491520, "LPDDR5"),
        "e": (1024, ""),
    }
    listed = {n: dimm(n.upper(), CapacityMiB=mib, MemoryDeviceType=kind) for n, (mib, kind) in sizes.items()}
    found = modules(**listed)
    assert [d.size for d in found.memory.dimms] == [mib * 2**20 for mib, _ in sizes.values()]
    for gib in (1, 24576):
        system = machine()[SYSTEM] | {"MemorySummary": {"TotalSystemMemoryGiB": gib}}
        system.pop("Memory")
        assert read({SYSTEM: system, f"{MEMORY}/A1": None, f"{MEMORY}/B1": None}).memory.total == gib * 2**30
