"""A part whose own words say that it is not in order fails by name, wherever in its Status they stand."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import (
    CpuRequirement,
    DiskRequirement,
    MemoryRequirement,
    PowerRequirement,
    Profile,
    Range,
    Requires,
)
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import (
    DRIVES,
    MEMORY,
    POWER,
    PROCESSORS,
    SYSTEM,
    UNIT,
    WORKS,
    dimm,
    drive,
    exactly,
    judged,
    machine,
    read,
    supply,
    to,
)

BY_NAME = "a part that says it is broken, or warns, fails by its name and is not only doubted"
CONDITIONS = "a condition or a roll-up that is worse than the health beside it counts"
FAIL = Verdict.FAIL
SICK = [
    {"State": "Enabled", "Health": "Critical"},
    {"State": "Enabled", "Health": "Warning"},
    {"State": "Failed", "Health": "OK"},
    {"State": "Disabled", "Health": "OK"},
    {"State": "Enabled", "Health": "OK", "HealthRollup": "Critical"},
]
WORSE = [
    {"Conditions": [{"Severity": "Critical", "Message": "Correctable errors beyond the limit"}]},
    {"Conditions": [{"Severity": "OK", "Message": "seen"}, {"Severity": "WARNING", "MessageId": "Acme.1.0.Hot"}]},
    {"Conditions": {"Severity": "Warning"}},
    {"HealthRollup": "Critical"},
    {"HealthRollup": "warning"},
]
NOT_WORSE = [
    {"Conditions": []},
    {"Conditions": None},
    {"Conditions": ["what"]},
    {"Conditions": [{"Severity": "OK", "Message": "a lamp was lit"}, {"Message": "no severity"}]},
    {"HealthRollup": "OK"},
    {"HealthRollup": None},
]
CPU = {"Socket": "P1", "ProcessorType": "CPU", "Model": "Fast 9", "TotalCores": 24, "TotalThreads": 48}
NEEDS: dict[str, Any] = {
    "cpu": CpuRequirement(sockets=Range(1)),
    "memory": MemoryRequirement(dimms=Range(1)),
    "power": PowerRequirement(supplies=Range(1)),
    "disks": (DiskRequirement("os", ("ssd",), exactly(1), healthy=True),),
}


def overlay(status: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Requirement → the machine in which the part that it is about has this status."""
    inside = [{"MemberId": "0", "Name": "HBA", "Status": status}]
    return {
        "cpu.health": {f"{PROCESSORS}/1": CPU | {"Status": status}},
        "memory.health": {f"{MEMORY}/B1": dimm("B1", Status=status)},
        "power.health": {POWER: {"Id": "Power", "PowerSupplies": [supply(0), supply(1, Status=status)]}},
        "disks.os.healthy": {f"{DRIVES}/0": drive(Status=status)},
        "controllers.health": {UNIT: {"Id": "u-1", "Drives": [to(f"{DRIVES}/0")], "StorageControllers": inside}},
    }


PARTS = {"cpu.health": "CPU P1", "memory.health": "DIMM B1", "power.health": "PSU bay 1",
         "disks.os.healthy": "DRV771", "controllers.health": "controller u-1"}  # fmt: skip


def said(requirement: str, status: dict[str, Any]) -> Finding | None:
    return judged(read(overlay(status)[requirement]), **NEEDS).get(requirement)


@pytest.mark.truth("A8", BY_NAME)
@pytest.mark.parametrize("status", SICK)
@pytest.mark.parametrize("requirement", ["cpu.health", "memory.health", "power.health"])
def test_a_part_that_is_not_in_order_fails_by_name(requirement: str, status: dict[str, Any]) -> None:
    found = said(requirement, status)
    assert found is not None
    assert (found.verdict, found.part) == (FAIL, PARTS[requirement])
    assert [fru.slot for fru in found.frus] == [PARTS[requirement].partition(" ")[2]]


@pytest.mark.truth("A8", CONDITIONS)
@pytest.mark.parametrize("more", WORSE)
@pytest.mark.parametrize("requirement", PARTS)
def test_what_is_worse_than_the_health_counts(requirement: str, more: dict[str, Any]) -> None:
    found = said(requirement, WORKS | more)
    assert found is not None
    assert found.verdict is FAIL
    assert PARTS[requirement] in found.part


@pytest.mark.parametrize("more", NOT_WORSE)
@pytest.mark.parametrize("requirement", PARTS)
def test_what_is_not_worse_does_not(requirement: str, more: dict[str, Any]) -> None:
    found = said(requirement, WORKS | more)
    assert found is None or found.verdict is Verdict.PASS


@pytest.mark.parametrize("requirement", ["cpu.health", "memory.health"])
def test_a_part_that_is_switched_off_in_a_machine_that_is_off_is_only_doubted(requirement: str) -> None:
    off = {SYSTEM: machine()[SYSTEM] | {"PowerState": "Off"}}
    found = judged(read(overlay({"State": "Disabled", "Health": "OK"})[requirement] | off), **NEEDS)
    assert requirement not in found
    counted = {"cpu.health": "cpu.sockets", "memory.health": "memory.dimms"}[requirement]
    assert found[counted].verdict is Verdict.UNKNOWN


def test_what_the_condition_says_is_told() -> None:
    found = said("disks.os.healthy", WORKS | WORSE[0])
    assert found is not None
    assert "Correctable errors beyond the limit" in found.got


@pytest.mark.truth("A8", BY_NAME)
def test_a_cache_module_that_is_broken() -> None:
    inside = [{"MemberId": "0", "Name": "HBA", "Status": WORKS, "CacheSummary": {"Status": SICK[0]}}]
    found = read({UNIT: {"Id": "u-1", "Drives": [to(f"{DRIVES}/0")], "StorageControllers": inside}})
    assert "cache" in judged(found, **NEEDS)["controllers.health"].got


@pytest.mark.truth("A8", BY_NAME)
def test_a_volume_that_is_degraded() -> None:
    inside = [{"MemberId": "0", "Name": "RAID", "SupportedRAIDTypes": ["RAID1"], "Status": WORKS}]
    unit = {"Id": "u-1", "Drives": [to(f"{DRIVES}/0")], "StorageControllers": inside, "Volumes": to(f"{UNIT}/Volumes")}
    mirror = {"Name": "os", "RAIDType": "RAID1", "CapacityBytes": 960_197_124_096, "Status": SICK[1]}
    found = judged(read({UNIT: unit, f"{UNIT}/Volumes/1": mirror}), **NEEDS)["volumes.health"]
    assert (found.verdict, found.part) == (FAIL, "volume os")


@pytest.mark.truth("A8", BY_NAME)
def test_one_supply_in_order_of_two_that_must_be_fails_although_nobody_can_tell_of_a_third() -> None:
    listed = [supply(0), supply(1, Status=SICK[0]), supply(2, Status={"State": "Enabled"})]
    found = read({POWER: {"Id": "Power", "PowerSupplies": listed}})
    assert judged(found, power=PowerRequirement(supplies=Range(3)))["power.supplies"].verdict is FAIL
    assert judged(found, power=PowerRequirement(supplies=Range(2)))["power.supplies"].verdict is Verdict.UNKNOWN


@pytest.mark.truth("A8", BY_NAME)
def test_what_the_bmc_alone_knows_fails_the_machine_that_is_read_from_inside() -> None:
    outside = read(overlay(SICK[0])["memory.health"])
    profile = Profile("p", "compute", requires=Requires(**NEEDS))
    found = match(Inventory("in-band", Identity(serial="QK7731")), profile, outside)
    assert [(f.requirement, f.part) for f in found if f.requirement == "memory.health"] == [
        ("memory.health", "DIMM B1")
    ]
