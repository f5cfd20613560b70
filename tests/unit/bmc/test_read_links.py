"""The PCIe link of an NVMe drive, from wherever Redfish states it; what nobody states is not known."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.redfish.parse.pcie_link import of_drive, stated
from metalctl.bmc.redfish.schema.chassis import PcieDeviceSchema
from metalctl.bmc.redfish.schema.storage import Drive, StorageController
from metalctl.model.inventory import PcieLink

FULL = PcieLink(16.0, 4, 16.0, 4)
FUNCTIONS = {"Links": {"PCIeFunctions": [{"@odata.id": "/redfish/v1/Chassis/1/PCIeDevices/D7/PCIeFunctions/0"}]}}
INTERFACE = {"PCIeType": "Gen4", "MaxPCIeType": "Gen4", "LanesInUse": 2, "MaxLanes": 4}


def lanes(now: Any, most: Any) -> dict[str, Any]:
    """As one maker states them beside the standard."""
    return {"Oem": {"Acme": {"Ssd": {"PCIeNegotiatedLinkWidth": now, "PCIeCapableLinkWidth": most}, "Other": None}}}


def speeds(now: Any, most: Any) -> dict[str, Any]:
    return {"NegotiatedSpeedGbs": now, "CapableSpeedGbs": most}


def test_the_device_that_the_drive_leads_to_comes_first() -> None:
    alone = StorageController({"PCIeInterface": INTERFACE})
    assert of_drive(Drive(FUNCTIONS), alone, {"D7": FULL}) == FULL
    assert of_drive(Drive({}), StorageController(FUNCTIONS), {"D7": FULL}) == FULL
    assert of_drive(Drive(FUNCTIONS), alone, {"D7": None}) == PcieLink(16.0, 2, 16.0, 4)
    assert of_drive(Drive(FUNCTIONS), None, {"D8": FULL}) is None


def test_the_controller_counts_only_for_the_drive_that_is_alone_behind_it() -> None:
    assert of_drive(Drive({}), StorageController({"PCIeInterface": INTERFACE}), {}) == PcieLink(16.0, 2, 16.0, 4)
    assert of_drive(Drive({}), None, {}) is None


@pytest.mark.parametrize(
    ("told", "link"),
    [
        (lanes("x4", "x4") | speeds(15.753846153846155, 15.753846153846155), FULL),  # a Dell R750, of one lane
        (lanes("4", 4) | speeds(63.0, 63.0), FULL),  # of all lanes, as they arrive
        (lanes("x4", "x4") | speeds(64, 64), PcieLink(None, 4, None, 4)),  # Gen6 a lane, or Gen4 on four
        (lanes("x4", "x4") | speeds(32, 32), PcieLink(None, 4, None, 4)),  # Gen5 a lane, or Gen3 on four
        (lanes("x2", "x4") | speeds(15.75, 15.75), PcieLink(16.0, 2, 16.0, 4)),
        (lanes("x2", "x4") | speeds(31.5, 63.0), PcieLink(16.0, 2, 16.0, 4)),
        (lanes("x4", "x4") | speeds(7.877, 15.754), PcieLink(8.0, 4, 16.0, 4)),
        (lanes("x2", "x4"), PcieLink(None, 2, None, 4)),
        (lanes(None, "x4") | speeds(None, 15.75), PcieLink(None, None, 16.0, 4)),
        (lanes("x1", "x1") | speeds(8, 8), PcieLink(8.0, 1, 8.0, 1)),
        (lanes("wide", -4), None),
        (lanes([], {}), None),
        (speeds(63, 63), None),  # without lanes a number of Gbit/s says nothing
        ({"Oem": {"Acme": "x4"}}, None),
        ({}, None),
    ],
)
def test_what_a_drive_states_itself(told: dict[str, Any], link: PcieLink | None) -> None:
    assert of_drive(Drive(told), None, {}) == link


def test_an_interface_that_states_nothing_is_no_link() -> None:
    assert stated(PcieDeviceSchema({"PCIeInterface": {"LanesInUse": 0, "PCIeType": "Gen99"}})) is None
