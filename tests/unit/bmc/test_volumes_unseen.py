"""A volume that serves a role is seen from inside: a BMC whose list of volumes is there, or unread, makes no FAIL."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.profile import DiskRequirement
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import DRIVES, UNIT, WORKS, exactly, judged, read, to

OS = (DiskRequirement("os", ("volume",), exactly(1)),)
VOLUMES = f"{UNIT}/Volumes"
MIRROR = {"RAIDType": "RAID1", "CapacityBytes": 960_197_124_096, "Status": WORKS}


def unit(**more: Any) -> dict[str, Any]:
    """The machine's subsystem, with more."""
    inside = [{"MemberId": "0", "Name": "HBA"}]
    return {"Id": "u-1", "Drives": [to(f"{DRIVES}/0")], "StorageControllers": inside} | more


@pytest.mark.truth(
    "A1", "a role of volumes is unknown where the BMC's list of volumes is unread or is no list of disks"
)
@pytest.mark.parametrize("listed", [{}, {f"{VOLUMES}/1": MIRROR}])
def test_a_role_of_volumes(listed: dict[str, Any]) -> None:
    found = read({UNIT: unit(Volumes=to(VOLUMES)), **listed})
    assert judged(found, disks=OS)["disks.os.count"].verdict is Verdict.UNKNOWN


def test_without_volumes_the_role_fails() -> None:
    assert judged(read({UNIT: unit()}), disks=OS)["disks.os.count"].verdict is Verdict.FAIL
