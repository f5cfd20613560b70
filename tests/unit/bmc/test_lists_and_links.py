"""A single link that stands in a list, and a list that lacks its brackets, are read as what they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.bmc.stated import (
    ADAPTER,
    CHASSIS,
    DRIVES,
    MANAGER,
    MEMORY,
    POWER,
    PROCESSORS,
    SYSTEM,
    UNIT,
    drive,
    machine,
    read,
    supply,
    to,
)

EITHER = "a link that stands alone in a list, or a list without brackets around its only entry, is read"
OUTER = f"{CHASSIS.rpartition('/')[0]}/shelf-2"


def own(path: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {path: machine()[path] | more}


@pytest.mark.truth("A3", EITHER)
@pytest.mark.parametrize("contained_by", [to(OUTER), [to(OUTER)], [to(OUTER), to(OUTER)]])
def test_a_chassis_that_says_in_a_list_what_it_is_in(contained_by: Any) -> None:
    """The board is the machine's; the shelf around it, with the second supply, is in no list of the BMC."""
    links = {"ComputerSystems": [to(SYSTEM)], "ContainedBy": contained_by}
    folder = CHASSIS.rpartition("/")[0]
    more = {
        OUTER: {"ChassisType": "Shelf", "Power": to(f"{OUTER}/Power")},
        f"{OUTER}/Power": {"Id": "Power", "PowerSupplies": [supply(6)]},
        folder: {"@odata.id": folder, "Name": "all", "Members": [to(CHASSIS)], "Members@odata.count": 1},
    }
    found = read(own(CHASSIS, ChassisType="Module", Links=links) | more)
    assert {one.serial for one in found.power_supplies} == {"PS901", "PS961"}


@pytest.mark.truth("A3", EITHER)
@pytest.mark.parametrize(
    "overlay",
    [
        own(SYSTEM, Memory=[to(MEMORY)], Processors=[to(PROCESSORS)], Storage=[to(f"{SYSTEM}/Storage")]),
        own(SYSTEM, Memory=[to(f"{MEMORY}/A1"), to(f"{MEMORY}/B1")]),
        own(SYSTEM, Links={"Chassis": to(CHASSIS), "ManagedBy": to(MANAGER)}),
        own(SYSTEM, Links=[machine()[SYSTEM]["Links"]]),
        own(CHASSIS, Power=[to(POWER)], NetworkAdapters=[to(ADAPTER.rpartition("/")[0])]),
        own(CHASSIS, Links={"ComputerSystems": to(SYSTEM)}),
        own(UNIT, Drives=to(f"{DRIVES}/0")),
        own(UNIT, Drives=to(DRIVES)),
        own(UNIT, StorageControllers={"MemberId": "0", "Name": "HBA"}),
        {POWER: {"Id": "Power", "PowerSupplies": supply(0)}},
        {f"{DRIVES}/0": drive(Identifiers={"DurableNameFormat": "NAA", "DurableName": "50025388000000A1"})},
    ],
)  # fmt: skip
def test_either_form_gives_the_same_machine(overlay: dict[str, dict[str, Any]]) -> None:
    found, plain = read(overlay), read()
    assert found.unreadable == ()
    assert (found.cpu, found.memory, found.power_supplies, found.nics) == (
        plain.cpu, plain.memory, plain.power_supplies, plain.nics)  # fmt: skip
    assert [one.serial for one in found.disks] == ["DRV771"]
    assert (len(found.controllers), found.manager is not None) == (1, True)
