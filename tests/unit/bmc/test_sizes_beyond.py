"""A size that nothing of its kind has, whichever way it is wrong, is doubted aloud and matches nothing."""

from __future__ import annotations

import pytest

from metalctl.model.profile import DiskRequirement, MemoryRequirement, Range
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import DRIVES, MEMORY, dimm, drive, exactly, judged, read, reasons

BEYOND = "a size that is too large for its kind is doubted as one that is too small"


@pytest.mark.truth("A8", BEYOND)
@pytest.mark.parametrize(
    ("media", "protocol", "size"),
    [("SSD", "SATA", 491_520 * 10**9), ("HDD", "SAS", 900 * 10**12), ("SSD", "NVMe", 7_680_000 * 10**9),
     (None, None, 491_520 * 10**9)],
)  # fmt: skip
def test_a_drive_larger_than_any(media: str | None, protocol: str | None, size: int) -> None:
    found = read({f"{DRIVES}/0": drive(MediaType=media, Protocol=protocol, CapacityBytes=size)})
    needs = (DiskRequirement("os", ("ssd", "hdd", "nvme"), exactly(1), size=Range(1)),)
    assert judged(found, disks=needs)["disks.os.count"].verdict is Verdict.UNKNOWN
    assert [one.size for one in found.disks] == [None]
    assert str(size) in reasons(found, f"disks.{found.disks[0].name}.size")


@pytest.mark.truth("A8", BEYOND)
@pytest.mark.parametrize(("kind", "mib"), [("DDR4", 2**21), ("DDR5", 2**22), ("DDR4_SDRAM", 2**20), ("DDR3", 2**18)])
def test_a_module_larger_than_any(kind: str, mib: int) -> None:
    found = read({f"{MEMORY}/B1": dimm("B1", MemoryDeviceType=kind, CapacityMiB=mib)})
    assert judged(found, memory=MemoryRequirement(dimms=exactly(2)))["memory.dimms"].verdict is Verdict.UNKNOWN
    assert "B1" in reasons(found, "memory.dimms")


@pytest.mark.parametrize("size", [30 * 10**9, 245_760 * 10**9])
def test_the_smallest_and_largest_drives_that_are_made(size: int) -> None:
    assert [one.size for one in read({f"{DRIVES}/0": drive(CapacityBytes=size)}).disks] == [size]


@pytest.mark.parametrize(("kind", "mib"), [("DDR4", 2**18), ("DDR5", 2**19), ("DDR5", 2**14)])
def test_the_largest_modules_that_are_made(kind: str, mib: int) -> None:
    found = read({f"{MEMORY}/B1": dimm("B1", MemoryDeviceType=kind, CapacityMiB=mib)})
    assert not reasons(found, "memory.dimms")
