"""The controller counts for itself what a run owes: each check, for each part that the inventory had."""

from __future__ import annotations

import io
import tarfile

import pytest

from metalctl.engine.durability import bundle
from metalctl.engine.evidence import coverage
from metalctl.model.identity import Identity
from metalctl.model.inventory import Dimm, Disk, Inventory, Memory, Nic
from metalctl.model.measurement import CheckResult
from metalctl.model.run import BondSpec, RunSpec
from metalctl.model.verdict import Verdict

MACHINE = Inventory(
    "in-band",
    Identity("S1"),
    disks=(
        Disk("nvme0n1", "nvme", 10**12, serial="NV-A"),
        Disk("nvme1n1", "nvme", 10**12, serial="NV-B"),
        Disk("sda", "hdd", 10**13, serial="HD-A"),
    ),
    nics=(Nic("eth0", "02:00:00:00:00:01"),),
)
CHECKS = {
    "flash_read": "def helper(nvme): ...\ndef test_flash_read(nvme, limits, measure): ...\n",
    "whole": "def test_whole(machine): ...\n",
    "osd": "def test_osd(osd_disk): ...\n",
    "trunk": "def test_trunk(bond, nic): ...\n",
}


def packed(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"checks/{name}.py")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def spec(*names: str) -> RunSpec:
    asked: dict[str, dict[str, float | str | bool]] = {name: {} for name in names}
    bonds = (BondSpec("bond0", ("02:00:00:00:00:01",)),)
    return RunSpec("r1", "n1", "burn-in", "quick", asked, roles={"osd": ("HD-A",)}, bonds=bonds, boot_id="b1")


def passed(check: str, part: str = "") -> CheckResult:
    return CheckResult(check, Verdict.PASS, part)


def owed(results: list[CheckResult], *names: str) -> list[tuple[str, str]]:
    found = coverage.owed(spec(*names), results, MACHINE, packed(CHECKS))
    assert all(r.verdict is Verdict.UNKNOWN and r.reason and r.remedy for r in found)
    return [(r.check, r.part) for r in found]


def test_a_drive_that_the_journal_says_nothing_of_is_unknown_by_its_name() -> None:
    assert owed([passed("flash-read", "nvme serial NV-A (nvme0n1)")], "flash-read") == [
        ("flash-read", "nvme serial NV-B (nvme1n1)")
    ]


def test_a_part_is_known_by_its_serial_whatever_the_kernel_calls_it_now() -> None:
    results = [passed("flash-read", "nvme serial NV-A (nvme1n1)"), passed("flash-read", "nvme serial NV-B (nvme0n1)")]
    assert owed(results, "flash-read") == []


def test_a_part_whose_name_begins_like_anothers_is_not_passed_by_the_others_result() -> None:
    dimms = tuple(Dimm(slot, 2**34) for slot in ("DIMM 1", "DIMM 10", "P1 DIMM 1"))
    disks = tuple(Disk(f"sd{i}", "ssd", 10**12, serial=serial) for i, serial in enumerate(("S-1", "S-10", "S-1/2")))
    machine = Inventory("in-band", Identity("S1"), memory=Memory(dimms=dimms), disks=disks)
    checks = packed({"ram": "def test_ram(dimm): ...", "read": "def test_read(ssd): ..."})
    for name, known in (("ram", [f"dimm {d.slot}" for d in dimms]), ("read", [d.label for d in disks])):
        for missing in known:
            results = [passed(name, part) for part in known if part != missing]
            owed = coverage.owed(spec(name), results, machine, checks)
            assert [r.part for r in owed] == [missing]


@pytest.mark.parametrize("name", ["whole", "no-such-check"])
def test_a_check_without_any_result_is_owed_once(name: str) -> None:
    assert owed([passed("other")], name) == [(name, "")]
    assert owed([passed(name, "whatever")], name) == []


def test_roles_bonds_and_ports_are_counted_too() -> None:
    assert [check for check, _ in owed([], "osd", "trunk")] == ["osd", "trunk", "trunk"]
    done = [
        passed("osd", "hdd serial HD-A (sdb)"),
        passed("trunk", "bond bond0"),
        passed("trunk", "nic 02:00:00:00:00:01"),
    ]
    assert owed(done, "osd", "trunk") == []


def test_every_shipped_check_says_what_it_runs_on() -> None:
    known = coverage._arguments(bundle.build()[1])
    assert {"bond", "nvme_randread", "memory"} <= set(known)
    assert "nvme" in known["nvme_randread"]
    assert all(known.values()), [name for name, arguments in known.items() if not arguments]
