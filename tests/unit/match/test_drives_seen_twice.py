"""One drive that is listed twice: paths, logical units and namespaces are told apart by their world-wide names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import disk_roles, match
from metalctl.model.profile import DiskRequirement, Install, Profile, Range, Requires
from metalctl.model.verdict import Verdict

TB = 10**12


def hdd(name: str, serial: str, wwn: str, **more: Any) -> Disk:
    return Disk(name, "hdd", size=9 * TB, serial=serial, wwn=wwn, rotational=True, transport="sas", **more)


def space(name: str, serial: str, wwn: str, pci: str = "0000:41:00.0", **more: Any) -> Disk:
    return Disk(name, "nvme", size=2 * TB, serial=serial, wwn=wwn, transport="nvme", pci=pci, **more)


def asked(kind: str, low: int, high: int | None = None) -> Profile:
    need = DiskRequirement("data", (kind,), Range(low, high))
    return Profile(name="p", role="storage", requires=Requires(disks=(need,)), install=Install(root_disk="os"))


def verdict(profile: Profile, *disks: Disk) -> tuple[Verdict, str]:
    inventory = Inventory(source="in-band", identity=Identity(), disks=disks)
    found = next(f for f in match(inventory, profile) if f.requirement == "disks.data.count")
    return found.verdict, found.got


@pytest.mark.truth("B8", "two paths to one disk are one disk, and no reason for UNKNOWN")
def test_a_disk_with_two_paths_is_one_disk() -> None:
    paths = hdd("sdc", "ZTW1", "0x5000c500aaaa0001"), hdd("sdk", "ZTW1", "0x5000C500AAAA0001")
    assert verdict(asked("hdd", 1, 1), *paths) == (Verdict.PASS, "1 × hdd 9 TB")
    assert verdict(asked("hdd", 2), *paths)[0] is Verdict.FAIL
    chosen = disk_roles(Inventory(source="in-band", identity=Identity(), disks=paths), asked("hdd", 1))["data"]
    assert [(d.name, d.paths) for d in chosen] == [("sdc", ("sdk",))]


@pytest.mark.truth("B8", "the two units of a dual-actuator disk are two disks with one serial")
def test_each_unit_of_a_dual_actuator_disk_counts_and_the_drives_are_told() -> None:
    units = [hdd(f"sd{c}", f"DA{n // 2}", f"0x6000c500bb{n:06x}") for n, c in enumerate("cdef")]
    found, got = verdict(asked("hdd", 4, 4), *units)
    assert (found, got) == (Verdict.PASS, "4 × hdd 9 TB (namespaces or logical units of 2 drives)")
    assert verdict(asked("hdd", 4), *units[:3])[0] is Verdict.FAIL, "an actuator that is gone is missed"
    chosen = disk_roles(Inventory(source="in-band", identity=Identity(), disks=tuple(units)), asked("hdd", 4))["data"]
    assert len({d.key for d in chosen}) == 4
    assert len({d.label.rpartition(" (")[0] for d in chosen}) == 4, "a report files results by serial"


@pytest.mark.truth("B8", "namespaces of one NVMe drive are one drive, not as many, and not UNKNOWN")
def test_namespaces_of_one_drive_count_as_the_drive_that_they_are() -> None:
    two = [space(f"nvme0n{n}", "NV7", f"eui.00253{n}00ccccdddd") for n in (1, 2)]
    assert verdict(asked("nvme", 1), *two)[0] is Verdict.PASS
    assert verdict(asked("nvme", 1, 1), *two)[0] is Verdict.PASS
    assert verdict(asked("nvme", 2), *two)[0] is Verdict.FAIL
    other = space("nvme1n1", "NV8", "eui.0025380011112222", "0000:42:00.0")
    assert verdict(asked("nvme", 2), *two, other)[0] is Verdict.PASS
    assert verdict(asked("nvme", 2), replace(other, size=TB), *two)[0] is Verdict.PASS, "drives before namespaces"


@pytest.mark.parametrize(
    "pair",
    [
        (hdd("sda", "S", ""), hdd("sdb", "S", "")),
        (hdd("sda", "S", "0x5000c500aaaa0001"), hdd("sdb", "S", "")),
        (hdd("sda", "S", "0x5000c500aaaa0001"), replace(hdd("sdb", "S", "0x5000c500aaaa0001"), size=8 * TB)),
    ],
    ids=["no name", "one name", "one name, two sizes"],
)
def test_disks_that_nothing_tells_apart_stay_unknown(pair: tuple[Disk, Disk]) -> None:
    assert verdict(asked("hdd", 1), *pair)[0] is Verdict.UNKNOWN


def test_two_drives_with_one_made_up_serial_are_two_drives() -> None:
    drives = [space(f"nvme{n}n1", "0000", f"eui.0025385aaaaa000{n}", f"0000:4{n}:00.0") for n in (1, 2)]
    assert verdict(asked("nvme", 2), *drives)[0] is Verdict.PASS
