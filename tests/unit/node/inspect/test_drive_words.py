"""From what smartctl and nvme-cli print of a drive to the verdict: good ones pass, bad ones fail, others are UNKNOWN.

Values are made up; the forms (packed words, statistics, logs) are those of the tools.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import match
from metalctl.model.profile import DiskRequirement, Install, Profile, Range, Requires
from metalctl.model.verdict import Verdict
from metalctl.node.inspect import nvme, smart
from metalctl.node.inspect.host import Host

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


class Tools:
    """A machine on which smartctl, or nvme, prints this, whatever it is asked for."""

    def __init__(self, printed: dict[str, Any]) -> None:
        self.printed = json.dumps(printed)

    def data(self, path: str) -> bytes:
        raise FileNotFoundError(path)

    def names(self, path: str) -> list[str]:
        raise FileNotFoundError(path)

    def real(self, path: str) -> str:
        return {"/sys/block/nvme3n1": "/sys/devices/pci0000:00/0000:01:00.0/nvme/nvme3/nvme3n1"}.get(path, path)

    def tool(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str:
        return self.printed if argv[0] == "smartctl" or argv[1] == "smart-log" else ""

    def probe(self, what: str, name: str) -> Any:
        return {}


def verdict(disk: Disk, host: Host) -> tuple[Verdict, str]:
    """What match says of `healthy`, and with which words."""
    need = DiskRequirement("data", (disk.kind,), Range(1), healthy=True)
    profile = Profile(name="p", role="storage", requires=Requires(disks=(need,)), install=Install(root_disk="os"))
    notes = tuple(host.notes)
    inventory = Inventory(source="in-band", identity=Identity(), disks=(disk,), unreadable=notes)
    found = next(f for f in match(inventory, profile) if f.requirement == "disks.data.healthy")
    return found.verdict, f"{found.got} {found.remedy}"


def smartctl(printed: dict[str, Any], kind: str = "hdd") -> tuple[Verdict, str]:
    host = Host(Tools(printed))
    disk = Disk("sdq", kind, size=4 * 10**12, serial="Q1", transport="sata")
    return verdict(replace(disk, health=smart.collect(host, disk)[0]), host)


def row(number: int, name: str, value: int, text: str | None = None, **more: Any) -> dict[str, Any]:
    raw = {"value": value, "string": str(value) if text is None else text}
    return {"id": number, "name": name, "value": 100, "worst": 100, "thresh": 0, "raw": raw, **more}


GOOD = (row(5, "Reallocated_Sector_Ct", 0), row(9, "Power_On_Hours", 211106232532992, "11 (0 192 0)"))


def ata(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {r["name"] for r in rows}
    table = [*rows, *(r for r in GOOD if r["name"] not in named)]
    return {
        "device": {"protocol": "ATA"}, "in_smartctl_database": True, "rotation_rate": 7200,
        "smart_status": {"passed": True}, "ata_smart_attributes": {"table": table}, **more,
    }  # fmt: skip


COUNTED = [
    (5, "Reallocated_Sector_Ct", 1204, None), (197, "Current_Pending_Sector", 9, None),
    (198, "Offline_Uncorrectable", 3, None), (187, "Reported_Uncorrect", 2, None), (188, "Command_Timeout", 7, None),
    # as others call them
    (5, "Retired_Block_Count", 14, None), (5, "Reallocate_NAND_Blk_Cnt", 5, None),
    (170, "Grown_Failing_Block_Ct", 2, None),
    (179, "Used_Rsvd_Blk_Cnt_Tot", 6, None), (187, "Uncorrectable_Error_Cnt", 1, None),
    (197, "Total_Pending_Sectors", 4, None), (198, "Total_Offl_Uncorrectabl", 4, None),
    (197, "Pending_Sector_Count", 8, None), (160, "Uncorrectable_Error_Cnt", 11, None),
    (5, "New_Bad_Blk_Cnt", 3, None), (1, "UECC_Ct", 2, None), (211, "SATA_UNC_Count", 5, None),
    (197, "Total_Unc_Read_Failures", 6, None), (252, "Added_Bad_Flash_Blk_Ct", 4, None),
    # packed
    (188, "Command_Timeout", 12885098499, "3 3 3"), (188, "Command_Timeout", 8590065681, None),
    (5, "Reallocated_Sector_Ct", 3300, "3300 (0 0)"), (5, "Reallocated_Sector_Ct", 77309411368, "40 (18 0)"),
    (170, "Bad_Blk_Ct_Lat/Erl", 33555519, "2/1087"),
]  # fmt: skip


@pytest.mark.truth("B1", "a drive that counts errors and says passed is not healthy")
@pytest.mark.parametrize(("number", "name", "value", "text"), COUNTED)
def test_a_count_of_errors_fails_whatever_the_drive_calls_it(
    number: int, name: str, value: int, text: str | None
) -> None:
    found, said = smartctl(ata(row(number, name, value, text)))
    assert found is FAIL, said


def test_the_count_that_is_named_is_the_unpacked_one() -> None:
    assert "3 commands not answered in time" in smartctl(ata(row(188, "Command_Timeout", 12885098499, "3 3 3")))[1]
    assert "17 commands not answered in time" in smartctl(ata(row(188, "Command_Timeout", 8590065681)))[1]
    assert "40 reallocated" in smartctl(ata(row(5, "Reallocated_Sector_Ct", 77309411368, "40 (18 0)")))[1]


@pytest.mark.parametrize(
    "rows",
    [
        (row(188, "Command_Timeout", 0, "0 0 0"), row(1, "Raw_Read_Error_Rate", 201326592)),
        (row(7, "Seek_Error_Rate", 4300000001), row(196, "Reallocated_Event_Count", 53416508262463)),
        (row(194, "Temperature_Celsius", 133145034776, "24 (Min/Max 16/31)"), row(199, "UDMA_CRC_Error_Count", 12)),
        (row(170, "Bad_Blk_Ct_Lat/Erl", 1162, "0/1162"), row(163, "Initial_Bad_Block_Count", 88)),
        (row(198, "Host_Reads_GiB", 41000), row(197, "Not_In_Use", 5), row(187, "Unknown_Attribute", 9)),
        (row(183, "Runtime_Bad_Block", 6), row(190, "Airflow_Temperature_Cel", 38, when_failed="past")),
        (row(5, "Reallocated_Sector_Ct", 0, ""),),
    ],
)  # fmt: skip
def test_a_good_drive_passes_whatever_its_maker_packs(rows: tuple[dict[str, Any], ...]) -> None:
    found, said = smartctl(ata(*rows))
    assert found is PASS, said


def test_solid_state_drives_count_resets_as_timeouts_and_are_not_failed_for_them() -> None:
    timeouts = row(188, "Command_Timeout", 29)
    assert smartctl(ata(timeouts, rotation_rate=0), "ssd")[0] is PASS
    assert smartctl(ata(timeouts), "hdd")[0] is FAIL


@pytest.mark.truth("B1", "a block that a solid-state drive retired at run time is not unsaid by passed")
def test_runtime_bad_blocks_are_a_solid_state_drives() -> None:
    assert smartctl(ata(row(183, "Runtime_Bad_Block", 6), rotation_rate=0), "ssd")[0] is FAIL


@pytest.mark.truth("B1", "a counter that nobody can take apart is UNKNOWN, not none")
@pytest.mark.parametrize(
    "packed",
    [
        row(5, "Reallocated_Sector_Ct", 8589934592000, "0 (2000 0)"), row(197, "Current_Pending_Sector", 1 << 40),
        row(188, "Command_Timeout", 281470681743360, "65535 0 0"), row(188, "Command_Timeout", 262144),
        row(187, "Reported_Uncorrect", 77, "0x00000000004d"), row(5, "Some_New_Count", 31),
    ],
)  # fmt: skip
def test_a_packed_counter_that_nobody_can_read_is_unknown(packed: dict[str, Any]) -> None:
    found, said = smartctl(ata(packed))
    assert (found, packed["name"] in said) == (UNKNOWN, True)


@pytest.mark.truth("B1", "passed alone, without one count, says nothing")
@pytest.mark.parametrize(
    "printed",
    [
        {"device": {"protocol": "ATA"}, "smart_status": {"passed": True}},
        {"device": {"protocol": "SCSI"}, "smart_status": {"passed": True}, "power_on_time": {"hours": 5}},
        ata(smartctl={"output": ["Warning! SMART Attribute Data Structure error: invalid SMART checksum."]}),
    ],
    ids=["ata", "scsi", "wrong checksum"],
)
def test_a_drive_that_shows_no_counts_is_unknown(printed: dict[str, Any]) -> None:
    assert smartctl(printed)[0] is UNKNOWN


SCSI = {"device": {"protocol": "SCSI"}, "smart_status": {"passed": True}, "scsi_grown_defect_list": 0}


def log(**counts: int) -> dict[str, Any]:
    return {"scsi_error_counter_log": {d: {"total_uncorrected_errors": n} for d, n in counts.items()}}


@pytest.mark.truth("B1", "grown defects and uncorrected errors of a SAS drive are not unsaid by passed")
@pytest.mark.parametrize(
    "told",
    [{"scsi_grown_defect_list": 31}, log(read=1, write=0), log(read=0, write=2), log(read=0, verify=6),
     {"scsi_pending_defects": {"count": 2}}],
)  # fmt: skip
def test_a_sas_drive_with_defects_fails(told: dict[str, Any]) -> None:
    assert smartctl(SCSI | told)[0] is FAIL


def test_a_good_sas_drive_passes_and_its_non_medium_errors_are_shown() -> None:
    printed = SCSI | log(read=0, write=0, verify=0) | {"smartctl": {"output": ["", "Non-medium error count:       19"]}}
    assert smartctl(printed)[0] is PASS
    health = smart.parse(printed)
    assert health
    assert health.non_medium == 19


def self_tests(*passed: bool | None) -> dict[str, Any]:
    rows = [{"status": {"string": "Aborted by host"} if p is None else {"passed": p}} for p in passed]
    return {"ata_smart_self_test_log": {"standard": {"table": rows}}}


def statistics(name: str, value: int, **flags: bool) -> dict[str, Any]:
    return {"ata_device_statistics": {"pages": [{"table": [{"name": name, "value": value, "flags": flags}]}]}}


@pytest.mark.truth("B1", "what smartctl's exit code, thresholds and self-tests say of a drive counts beside passed")
@pytest.mark.parametrize(
    "told",
    [
        {"smartctl": {"exit_status": 8}}, {"smartctl": {"exit_status": 16}},
        ata(row(10, "Spin_Retry_Count", 4, when_failed="now", flags={"prefailure": True})),
        self_tests(None, False),
        {"scsi_self_test_0": {"result": {"value": 15}}, "scsi_self_test_1": {"result": {"value": 7}}},
        statistics("Number of Reported Uncorrectable Errors", 3, valid=True),
    ],
    ids=["bit 3", "bit 4", "threshold", "ata self-test", "scsi self-test", "device statistics"],
)  # fmt: skip
def test_what_else_the_drive_says_counts(told: dict[str, Any]) -> None:
    assert smartctl(ata() | told)[0] is FAIL


@pytest.mark.parametrize(
    "told",
    [
        {"smartctl": {"exit_status": 4 + 32 + 64}},
        self_tests(True, False),
        statistics("Number of Reallocated Logical Sectors", 100, valid=True, normalized=True),
        statistics("Number of Reported Uncorrectable Errors", 9, valid=False),
    ],
    ids=["a refused command, an old hot day, an error log", "it passed since", "a normalized count", "no valid count"],
)
def test_what_is_no_fault_passes(told: dict[str, Any]) -> None:
    assert smartctl(ata() | told)[0] is PASS


def nvme_cli(**told: Any) -> tuple[Verdict, str]:
    log = {"critical_warning": 0, "temperature": 309, "avail_spare": 100, "spare_thresh": 10, "percent_used": 0,
           "media_errors": "0", "endurance_grp_critical_warning_summary": 0, **told}  # fmt: skip
    host, disk = Host(Tools(log)), Disk("nvme3n1", "nvme", size=10**12, serial="N3", transport="nvme")
    return verdict(nvme.details(host, disk), host)


@pytest.mark.truth("B1", "an NVMe drive's endurance groups, media errors and spare are its own words too")
@pytest.mark.parametrize(
    "told",
    [{"endurance_grp_critical_warning_summary": 4}, {"media_errors": "6"}, {"avail_spare": 5},
     {"endurance_grp_critical_warning_summary": {"value": 1}}],
)  # fmt: skip
def test_an_nvme_drive_that_says_so_is_not_healthy(told: dict[str, Any]) -> None:
    assert nvme_cli(**told)[0] is FAIL


def by_smartctl(**told: Any) -> tuple[Verdict, str]:
    """An NVMe drive that smartctl reaches, as it does behind a RAID controller."""
    log = {"critical_warning": 0, "media_errors": 0, "available_spare": 100, "available_spare_threshold": 10}
    printed = {"device": {"protocol": "NVMe"}, "smart_status": {"passed": True},
               "nvme_smart_health_information_log": log, **told}  # fmt: skip
    return smartctl(printed, "nvme")


def nvme_tests(*results: int) -> dict[str, Any]:
    return {"table": [{"self_test_result": {"value": r, "string": f"result {r}"}} for r in results]}


@pytest.mark.truth("B1", "what smartctl's exit code, thresholds and self-tests say of a drive counts beside passed")
@pytest.mark.parametrize(
    "told", [{"nvme_self_test_log": nvme_tests(1, 7, 0)}, {"smartctl": {"exit_status": 8}},
             {"smart_status": {"passed": False}}]
)  # fmt: skip
def test_what_smartctl_says_of_an_nvme_drive_beside_its_log_counts(told: dict[str, Any]) -> None:
    assert by_smartctl(**told)[0] is FAIL


def test_an_nvme_drive_whose_last_self_test_passed_is_in_order() -> None:
    assert by_smartctl(nvme_self_test_log=nvme_tests(0, 6))[0] is PASS
    assert by_smartctl(nvme_self_test_log=nvme_tests(2))[0] is PASS
    assert by_smartctl(nvme_self_test_log={"table": []})[0] is PASS


def test_an_nvme_drive_in_order_passes_and_one_that_warns_says_of_what() -> None:
    assert nvme_cli()[0] is PASS
    assert "its reliability is degraded" in nvme_cli(critical_warning=4)[1]


@pytest.mark.truth("B9", "what was written is not counted in a unit that nobody knows")
def test_the_unit_of_what_was_written_is_doubted_where_the_drive_is_unknown() -> None:
    host = Host(Tools(ata(row(241, "Total_LBAs_Written", 1000), in_smartctl_database=False, logical_block_size=512)))
    health, _ = smart.collect(host, Disk("sdq", "ssd"))
    assert health
    assert health.written is None
    assert any(n.fact == "disks.sdq.health.written" for n in host.notes)


@pytest.mark.parametrize(
    ("name", "known", "bytes_"),
    [
        ("Total_LBAs_Written", True, 1000 * 512),
        ("Host_Writes_32MiB", True, 1000 << 25),
        ("Host_Writes_GiB", False, 1000 << 30),
    ],
)
def test_a_unit_that_is_known_is_believed(name: str, known: bool, bytes_: int) -> None:
    health = smart.parse(ata(row(241, name, 1000), in_smartctl_database=known, logical_block_size=512))
    assert health
    assert health.written == bytes_
