"""What a BMC says of a drive, to the verdict on it."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.redfish.parse import storage as parse_storage
from metalctl.bmc.redfish.schema.storage import Drive
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import DiskRequirement, Install, Profile, Range, Requires
from metalctl.model.verdict import Verdict

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def healthy(told: dict[str, Any]) -> Verdict:
    drive = {"Id": "D1", "MediaType": "HDD", "CapacityBytes": 10**13, "SerialNumber": "R1", **told}
    need = DiskRequirement("data", ("hdd",), Range(1), healthy=True)
    profile = Profile("p", "storage", requires=Requires(disks=(need,)), install=Install(root_disk="os"))
    inventory = Inventory("out-of-band", Identity(), disks=(parse_storage.disk(Drive(drive)),))
    return next(f.verdict for f in match(inventory, profile) if f.requirement == "disks.data.healthy")


@pytest.mark.truth("B1", "a drive of which the BMC warns, by its health, its roll-up or its light, is not healthy")
@pytest.mark.parametrize(
    "told",
    [
        {"Status": {"Health": "Warning"}},
        {"Status": {"Health": "OK", "HealthRollup": "Critical"}},
        {"Status": {"Health": "OK", "HealthRollup": "Warning"}},
        {"Status": {"HealthRollup": "Critical"}},
        {"Status": {"Health": "OK"}, "StatusIndicator": "PredictiveFailureAnalysis"},
    ],
)
def test_a_drive_that_the_bmc_warns_of_is_not_healthy(told: dict[str, Any]) -> None:
    assert healthy(told) is FAIL


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ({"Status": {"Health": "OK"}, "FailurePredicted": False, "StatusIndicator": "OK"}, PASS),
        ({"Status": {"Health": "OK", "HealthRollup": "OK"}, "StatusIndicator": "Hotspare"}, PASS),
        ({"Status": {"State": "Enabled"}, "FailurePredicted": False}, UNKNOWN),
        ({"Status": {"Health": None}}, UNKNOWN),
        ({"Status": {"Health": "OK"}, "FailurePredicted": True}, FAIL),
        ({"Status": {"Health": "Critical"}}, FAIL),
    ],
)
def test_what_else_a_bmc_says_of_a_drive(told: dict[str, Any], verdict: Verdict) -> None:
    assert healthy(told) is verdict
