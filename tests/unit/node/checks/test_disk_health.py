"""The check of every drive's own words: shown to fail on each kind of ill drive, and UNKNOWN where nobody can tell."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.inventory import Controller, Disk, DiskHealth, Unreadable, Volume
from metalctl.model.verdict import Verdict

NVME = {"critical_warning": 0, "temperature": 310, "avail_spare": 100, "spare_thresh": 5, "percent_used": 3}
ATTRIBUTES = {5: "Reallocated_Sector_Ct", 187: "Reported_Uncorrect", 188: "Command_Timeout",
              197: "Current_Pending_Sector", 198: "Offline_Uncorrectable"}  # fmt: skip


def ata(**raw: int) -> str:
    counts = {5: 0, **{int(k[1:]): v for k, v in raw.items()}}
    table = [{"id": n, "name": ATTRIBUTES[n], "raw": {"value": v, "string": str(v)}} for n, v in counts.items()]
    return json.dumps({"smart_status": {"passed": True}, "ata_smart_attributes": {"table": table}})


@pytest.fixture
def drives(node: Any) -> Any:
    """An NVMe drive and a hard disk, both in order."""
    node.prints("nvme", json.dumps({**NVME, "media_errors": 0}))
    node.prints("smartctl", ata())
    return node


def verdicts(node: Any, **more: Any) -> dict[str, tuple[Verdict, str]]:
    return {r.part.split(" (")[0]: (r.verdict, r.reason) for r in node.run("disk-health", **more)}


def test_drives_in_order_pass_one_by_one(drives: Any) -> None:
    assert {p: v for p, (v, _) in verdicts(drives).items()} == {
        "nvme serial NV1": Verdict.PASS, "hdd serial HD1": Verdict.PASS}  # fmt: skip


@pytest.mark.parametrize("ill", [{"n5": 40}, {"n187": 1}, {"n188": 3}, {"n197": 8}, {"n198": 2}])
def test_a_hard_disk_that_counts_errors_fails_although_it_passed(drives: Any, ill: dict[str, int]) -> None:
    drives.prints("smartctl", ata(**ill))
    found, reason = verdicts(drives)["hdd serial HD1"]
    assert found is Verdict.FAIL
    assert f"is {next(iter(ill.values()))}, wanted at most 0" in reason


def test_a_limit_of_the_profile_lets_pass(drives: Any) -> None:
    drives.prints("smartctl", ata(n5=6))
    assert verdicts(drives, limits={"max_defects": 8.0})["hdd serial HD1"][0] is Verdict.PASS


@pytest.mark.parametrize(
    ("told", "limits"),
    [({"media_errors": 2}, {}), ({"critical_warning": 8}, {}), ({"endurance_grp_critical_warning_summary": 4}, {}),
     ({"avail_spare": 3}, {}), ({"percent_used": 91}, {"max_wear": 0.8})],
)  # fmt: skip
def test_an_nvme_drive_that_says_so_fails(drives: Any, told: dict[str, int], limits: dict[str, float]) -> None:
    drives.prints("nvme", json.dumps({**NVME, "media_errors": 0, **told}))
    assert verdicts(drives, limits=limits)["nvme serial NV1"][0] is Verdict.FAIL


def test_a_drive_that_predicts_its_failure_fails_although_smartctl_ends_with_8(drives: Any) -> None:
    drives.prints("smartctl", json.dumps({**json.loads(ata()), "smart_status": {"passed": False}}), code=8)
    assert verdicts(drives)["hdd serial HD1"] == (Verdict.FAIL, "it predicts its failure")


@pytest.mark.parametrize("output", ["{}", "", json.dumps({"smart_status": {"passed": True}})])
def test_a_drive_that_says_nothing_is_unknown(drives: Any, output: str) -> None:
    drives.prints("smartctl", output)
    assert verdicts(drives)["hdd serial HD1"][0] is Verdict.UNKNOWN
    drives.tool("smartctl", "exit 2")
    assert verdicts(drives, roles={"osd": ("HD1",)}, run_id="r2")["hdd serial HD1"][0] is Verdict.UNKNOWN


def test_a_card_that_serves_no_role_may_say_nothing(drives: Any) -> None:
    drives.tool("smartctl", "exit 2")
    found, reason = verdicts(drives, roles={"os": ("NV1",)})["hdd serial HD1"]
    assert (found, "serves no role" in reason) == (Verdict.SKIP, True)


CARD = "0000:3b:00.0"
RAID = Disk("sdb", "volume", size=1 << 40, serial="V1", controller=CARD, health=DiskHealth("ok"))
MEMBERS = tuple(
    Disk(f"c0/e8/s{n}", "hdd", serial=f"M{n}", slot=f"8:{n}", controller=CARD, health=DiskHealth("ok", defects=0))
    for n in (0, 1)
)


def raid(node: Any, **change: Any) -> dict[str, tuple[Verdict, str]]:
    volume = Volume("V1", "raid1", members=("8:0", "8:1"), controller=CARD, health="ok")
    node.change(**{"disks": (RAID,), "raid_disks": MEMBERS, "volumes": (volume,), **change})
    return verdicts(node)


def test_a_volume_and_the_disks_behind_it_pass(node: Any) -> None:
    assert {v for v, _ in raid(node).values()} == {Verdict.PASS}


def test_a_bad_member_fails_itself_and_its_volume(node: Any) -> None:
    bad = replace(MEMBERS[1], health=DiskHealth("ok", defects=0, uncorrected=5))
    found = raid(node, raid_disks=(MEMBERS[0], bad))
    assert {p: v for p, (v, _) in found.items() if v is Verdict.FAIL} == {
        "volume serial V1": Verdict.FAIL, "hdd serial M1 8:1": Verdict.FAIL}  # fmt: skip


def test_a_battery_that_failed_fails_the_volume(node: Any) -> None:
    card = Controller("host0", pci=CARD, health="warning", faults=("battery BBU-X: Failed",))
    assert raid(node, controllers=(card,))["volume serial V1"] == (
        Verdict.FAIL, f"controller {CARD}: battery BBU-X: Failed")  # fmt: skip


def test_disks_behind_a_controller_that_nobody_could_read_are_unknown(node: Any) -> None:
    found = raid(node, raid_disks=(), unreadable=(Unreadable("raid_disks", "no tool"),), volumes=())
    assert found["the disks behind the RAID controller"] == (Verdict.UNKNOWN, "no tool")


@pytest.mark.truth("B9", "a gauge that falls (pending sectors) is no rise")
def test_pending_sectors_that_were_written_over_are_no_rise(drives: Any) -> None:
    first, then = (drives.room / name for name in ("first.json", "then.json"))
    first.write_text(ata(n197=8))
    then.write_text(ata(n197=2))
    drives.tool(
        "smartctl", f"if [ -e {drives.room}/asked ]; then cat {then}; else >{drives.room}/asked; cat {first}; fi"
    )
    drives.run("no-such-check")
    counted = [r for r in drives.results if r.check == "error-counters"]
    assert counted
    # This machine has nothing that tells of its memory, processors, cards and ports.
    assert {r.verdict for r in counted if r.part not in ("memory", "cpu", "pcie", "network")} <= {Verdict.PASS}
