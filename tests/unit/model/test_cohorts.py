"""Cohorts of what the store remembers: like with like, each part once, and what cannot be compared is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.cohort import Cohort, Mark, Past, Sense, cohorts, hardware
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Dimm, Disk, Firmware, Inventory, Memory, Nic
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.verdict import Verdict

DISK = Disk("nvme0", "nvme", 10**12, serial="S1", model="P5520", firmware="9CV1", slot="bay 0")
NIC = Nic("eth0", "52:54:00:00:00:01", driver="mlx5_core", firmware="22.35", model="ConnectX-6", pci="0000:3b:00.0")
DIMM = Dimm("A1", 2**35, part_number="M321R4", serial="DM1")
MACHINE = Inventory(
    "in-band",
    Identity("SN", manufacturer="HPE", product="DL385"),
    cpu=Cpu("EPYC 9554", sockets=2, microcode=("0xa1",)),
    memory=Memory(2**35, (DIMM,)),
    disks=(DISK,),
    nics=(NIC,),
    firmware=(Firmware("bios", "2.68"), Firmware("bios", "2.70", state="staged"), Firmware("bmc", "1.1")),
)


def past(number: int, value: float = 100.0, at: str = "2026-01-05T09:00:00Z", **changes: Any) -> Past:
    """A run of one node with one disk: changes by field of Past, Disk (disk_…), CheckResult (check_…), Measurement."""
    disk = replace(DISK, serial=f"S{number}", **_of("disk_", changes))
    measured = Measurement("read_iops", value, **{"unit": "IO/s", "at_least": 1.0, **_of("measured_", changes)})
    said = {"verdict": Verdict.PASS, "part": disk.label, "component": "nvme", "measurements": (measured,)}
    result = CheckResult("nvme-randread", **{**said, "started": at, **_of("check_", changes)})
    inventory = replace(MACHINE, disks=(disk,), **_of("machine_", changes))
    values = {"kind": "burn-in", "level": "quick", "inventory": inventory, "node": f"n{number}", **_of("run_", changes)}
    return Past(started=at, results=(result,), **values)


def _of(prefix: str, changes: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in changes.items() if key.startswith(prefix)}


def measured_thrice(numbers: Iterable[int], slow: int = -1, **changes: Any) -> list[Past]:
    days = enumerate((0.995, 1.0, 1.005))
    return [
        past(n, (50.0 if n == slow else 100.0) * noise, f"2026-01-0{day + 1}T09:00:00Z", **changes)
        for day, noise in days
        for n in numbers
    ]


def test_equal_parts_are_one_cohort_and_the_slow_one_is_named() -> None:
    found, alone = cohorts(measured_thrice(range(6), slow=3))
    assert alone == []
    (only,) = found
    assert (only.key.metric, only.key.unit, only.nodes) == ("nvme-randread.read_iops", "IO/s", 6)
    assert only.sense is Sense.HIGH
    worst = only.standings[0]
    assert (worst.node, worst.place.mark, worst.place.repeats) == ("n3", Mark.OUTLIER, 3)
    assert "serial S3" in worst.part
    assert {s.place.mark for s in only.standings[1:]} == {Mark.WITHIN}


@pytest.mark.parametrize(
    "other",
    [
        {"disk_firmware": "9CV2"},
        {"disk_model": "P5620"},
        {"disk_size": 2 * 10**12},
        {"machine_firmware": (Firmware("bios", "2.70"),)},
        {"machine_cpu": Cpu("EPYC 9654", sockets=2)},
        {"machine_identity": Identity("SN", manufacturer="HPE", product="DL365")},
        {"machine_emulated": True},
        {"measured_unit": "B/s"},
        {"run_level": "burn-in"},
        {"run_kind": "accept"},
    ],
)
def test_what_differs_in_what_counts_is_another_cohort(other: dict[str, Any]) -> None:
    found, _ = cohorts([*measured_thrice(range(4)), *measured_thrice(range(4, 8), **other)])
    assert [len(c.standings) for c in found] == [4, 4]
    assert all(c.spread.absolute for c in found), "4 and 4 are not 8"


def test_a_link_that_runs_slowly_and_the_bmcs_firmware_make_no_other_cohort() -> None:
    slow = replace(NIC, speed=10**10)
    bmc = (Firmware("bios", "2.68"), Firmware("bmc", "9.9"))
    assert len(cohorts([past(1), past(2, machine_nics=(slow,)), past(3, machine_firmware=bmc)])[0]) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"disk_firmware": ""}, "the inventory does not state: firmware"),
        ({"machine_firmware": ()}, "the inventory does not state: bios"),
        ({"check_part": "nvme serial GONE"}, "the inventory does not list the part"),
        ({"run_inventory": None}, "no inventory was taken"),
    ],
)
def test_what_has_no_whole_fingerprint_is_not_compared_and_says_why(change: dict[str, Any], why: str) -> None:
    found, alone = cohorts(measured_thrice(range(6), **change))
    assert found == []
    assert {(a.metric, a.why) for a in alone} == {("nvme-randread.read_iops", why)}
    assert {a.node for a in alone} == {f"n{i}" for i in range(6)}


def test_a_part_that_moved_is_one_part_of_the_node_where_it_is_now() -> None:
    moved = past(1, at="2026-02-01T00:00:00Z", run_node="n9")
    (only,) = cohorts([moved, *measured_thrice(range(5))])[0]
    assert len(only.standings) == 5
    assert {s.node for s in only.standings} == {"n0", "n9", "n2", "n3", "n4"}


def test_what_the_check_could_not_tell_is_no_measurement() -> None:
    assert cohorts(measured_thrice(range(6), check_verdict=Verdict.UNKNOWN)) == ([], [])


def test_the_newest_measurement_beyond_its_own_limit_fails_in_a_cohort_of_any_size() -> None:
    failing = past(1, 80.0, measured_at_least=90.0)
    (few,) = cohorts([failing, past(2)])[0]
    assert few.spread.absolute
    assert [s.place.mark for s in few.standings] == [Mark.LIMIT, Mark.ABSOLUTE]
    (many,) = cohorts([*measured_thrice(range(6)), past(1, 80.0, "2026-03-01", measured_at_least=90.0)])[0]
    assert (many.standings[0].node, many.standings[0].place.mark) == ("n1", Mark.LIMIT)


def sense(*limits: tuple[float | None, float | None]) -> Sense:
    runs = [past(n, measured_at_least=low, measured_at_most=high) for n, (low, high) in enumerate(limits)]
    return cohorts(runs)[0][0].sense


def test_which_side_is_worse_is_known_from_the_limits_of_any_profile() -> None:
    assert sense((1.0, None), (None, None)) is Sense.HIGH
    assert sense((None, 1.0)) is Sense.LOW
    assert sense((1.0, 1.0)) is Sense.EQUAL
    assert sense((None, None)) is Sense.UNKNOWN
    assert sense((1.0, None), (None, 1.0)) is Sense.UNKNOWN


def test_metrics_are_chosen_by_pattern() -> None:
    def named(*patterns: str) -> list[Cohort]:
        return cohorts([past(1)], patterns)[0]

    assert len(named("nvme-randread.*")) == len(named("*.read_iops")) == 1
    assert named("hdd-*") == []


def test_the_fingerprint_of_each_kind_of_part() -> None:
    assert hardware(MACHINE, NIC.label, "network") == {
        "emulated": "no", "machine": "HPE DL385", "cpu": "2 × EPYC 9554", "bios": "2.68",
        "part": "nic", "model": "ConnectX-6", "driver": "mlx5_core", "firmware": "22.35",
    }  # fmt: skip
    dimm = hardware(MACHINE, "dimm A1 DM1", "memory")
    assert dimm is not None
    assert (dimm["part"], dimm["model"]) == ("dimm", "M321R4")
    whole = hardware(MACHINE, "", "memory")
    assert whole is not None
    assert whole["memory"] == "1 × 32 GiB M321R4"
    assert "ports" not in whole
    bond = hardware(MACHINE, "bond bond0", "network")
    assert bond is not None
    assert bond["ports"] == "1 × ConnectX-6 22.35"
    assert hardware(MACHINE, "disk serial S10", "nvme") is None, "S1 is another disk"
