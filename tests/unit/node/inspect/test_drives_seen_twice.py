"""What the kernel lists twice is told apart where it is read, so that hygiene, guard and checks mean the same disk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import _disks
from metalctl.model.profile import DiskRequirement, Range
from metalctl.model.run import Armed
from metalctl.model.verdict import Verdict
from metalctl.node import guard
from metalctl.node.errors import Refused
from metalctl.node.inspect import disks
from metalctl.node.inspect.host import Host

sys.path.insert(0, str(Path(__file__).parent))
from recorded import Recorded

SIZE = 9 * 10**12


def listed(*names: tuple[str, str], files: dict[str, str] | None = None) -> Host:
    found: dict[str, Any] = {}
    for name, wwid in names:
        base = f"/sys/block/{name}"
        found |= {f"{base}/size": str(SIZE // 512), f"{base}/device/serial": "ZTX9", f"{base}/ro": "0"}
        found |= {f"{base}/queue/rotational": "1", f"{base}/device/wwid": wwid}
    return Host(Recorded({"files": {**found, **(files or {})}}))


def armed(serial: str) -> Armed:
    return Armed(serial, SIZE, "install", "e", 100.0)


@pytest.mark.truth("B8", "two paths to one disk are one disk where it is read")
def test_two_paths_are_one_disk_that_can_be_written() -> None:
    host = listed(("sdb", "naa.5000c5001234abcd"), ("sdx", "naa.5000c5001234abcd"))
    assert [d.name for d in disks.collect(host)] == ["sdb"]
    (found,) = disks.collect(host)
    assert (found.paths, found.key) == (("sdx",), "ZTX9")
    guard.require(armed("ZTX9"), found, "install", 1.0, host=host, claimed=lambda _: "")


def test_a_disk_in_use_through_its_other_path_is_refused() -> None:
    swaps = {"/proc/swaps": "Filename Type\n/dev/sdx2 partition\n", "/sys/block/sdx/sdx2/partition": "2"}
    host = listed(("sdb", "naa.5000c5001234abcd"), ("sdx", "naa.5000c5001234abcd"), files=swaps)
    (found,) = disks.collect(host)
    with pytest.raises(Refused, match="sdx2 is swap"):
        guard.require(armed("ZTX9"), found, "install", 1.0, host=host, claimed=lambda _: "")


@pytest.mark.truth("B8", "leave for one unit of a drive is no leave for the other")
def test_units_of_one_drive_have_keys_of_their_own() -> None:
    host = listed(("sdb", "naa.6000c5001234ab01"), ("sdc", "naa.6000c5001234ab02"))
    one, other = disks.collect(host)
    assert one.label.split()[2] != other.label.split()[2], "a report files results by serial"
    assert (one.key, other.key) == ("ZTX9/0x6000c5001234ab01", "ZTX9/0x6000c5001234ab02")
    guard.require(armed(one.key), one, "install", 1.0, host=host, claimed=lambda _: "")
    with pytest.raises(Refused):
        guard.require(armed(one.key), other, "install", 1.0, host=host, claimed=lambda _: "")


@pytest.mark.truth(
    "B8", "namespaces of one NVMe drive are told apart by NGUID, EUI-64 or the kernel's own name of them"
)
@pytest.mark.parametrize(
    "wwids",
    [
        ("eui.3655ab000000000100a0750000000001", "eui.3655ab000000000100a0750000000002"),
        ("eui.0025384b11c0aa01", "eui.0025384b11c0aa02"),
        ("uuid.5f1c2a34-0001-4a4a-9c9c-0102030405f1", "uuid.5f1c2a34-0002-4a4a-9c9c-0102030405f1"),
        ("nvme.144d-5a5458-4d4f44454c-00000001", "nvme.144d-5a5458-4d4f44454c-00000002"),
    ],
    ids=["NGUID", "EUI-64", "UUID", "none of them"],
)
def test_namespaces_are_told_apart_where_they_are_read(wwids: tuple[str, str]) -> None:
    files: dict[str, str] = {}
    for number, wwid in enumerate(wwids, 1):
        base = f"/sys/block/nvme4n{number}"
        files |= {f"{base}/size": "2000000", f"{base}/device/serial": "NZ5", f"{base}/wwid": wwid}
    found = disks.collect(Host(Recorded({"files": files})))
    assert [d.wwn for d in found] == list(wwids)
    assert len({d.label.rpartition(" (")[0] for d in found}) == 2


@pytest.mark.truth("B8", "one world-wide name under two serials is not two disks")
@pytest.mark.parametrize(
    ("names", "doubtful"),
    [
        (("0x5000c5001234abcd", "naa.5000C5001234ABCD"), True),
        (("0x5000c5001234abcd", "0x5000c5001234abce"), False),
        (("0x5000000000000000", "0x5000000000000000"), False),
        (("", ""), False),
    ],
    ids=["one name", "two names", "a filler", "no name"],
)
def test_a_name_under_two_serials_counts_for_no_disk(names: tuple[str, str], doubtful: bool) -> None:
    kept = tuple(Disk(f"sd{at}", kind="hdd", size=SIZE, serial=f"ZTX{at}", wwn=name) for at, name in enumerate(names))
    need = DiskRequirement("osd", ("hdd",), Range(2, 2))
    (count, *_) = _disks.findings(Inventory("in-band", Identity(), disks=kept), _disks.Wanted((need,), root="osd"))
    assert count.verdict is (Verdict.UNKNOWN if doubtful else Verdict.PASS)
    assert ("world-wide name" in count.remedy) is doubtful
