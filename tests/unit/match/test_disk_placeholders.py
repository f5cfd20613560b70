"""A disk whose serial nobody burned in is no disk that can be found again, unless it has a world-wide name."""

from __future__ import annotations

import pytest

from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import match
from metalctl.model.profile import DiskRequirement, Install, Profile, Range, Requires
from metalctl.model.verdict import Verdict

PROFILE = Profile(
    name="p", role="compute", install=Install(root_disk="os"),
    requires=Requires(disks=(DiskRequirement("os", ("ssd",), Range(1, 1)),)),
)  # fmt: skip


def verdict(serial: str, wwn: str = "") -> Verdict:
    disk = Disk("sda", "ssd", size=10**12, serial=serial, wwn=wwn, transport="sata", rotational=False)
    found = match(Inventory(source="in-band", identity=Identity(), disks=(disk,)), PROFILE)
    return next(f.verdict for f in found if f.requirement == "disks.os.count")


@pytest.mark.truth("A9", "a serial, UUID or MAC that nobody burned in is no evidence of who a machine is")
@pytest.mark.parametrize("serial", ["0123456789ABCDEF", "00000000000000", "Not Available"])
def test_the_root_disk_is_not_chosen_by_a_serial_that_nobody_burned_in(serial: str) -> None:
    assert verdict(serial) is Verdict.UNKNOWN


def test_a_disk_with_a_serial_of_its_own_or_a_world_wide_name_is_chosen() -> None:
    assert verdict("S4EVNX0N123456") is verdict("00000000", "0x5002538e40aaaa01") is Verdict.PASS
