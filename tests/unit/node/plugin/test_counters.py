"""Counters are read of ATA, SCSI and NVMe alike; what is none of them is said and not taken for zero."""

from __future__ import annotations

import json

import pytest

import metalctl.node.plugin
from metalctl.node.counters import Counter, Snapshot, rises
from metalctl.node.counters.drives import parse_nvme, parse_smart
from metalctl.node.counters.snapshot import lost
from metalctl.node.errors import ToolFailed

ATA = {
    "ata_smart_attributes": {
        "table": [
            {"id": 5, "name": "Reallocated_Sector_Ct", "raw": {"value": 8}},
            {"id": 9, "name": "Power_On_Hours", "raw": {"value": 1234}},
            {"id": 199, "name": "UDMA_CRC_Error_Count", "raw": {"value": 2}},
        ]
    }
}
SCSI = {"scsi_grown_defect_list": 3, "scsi_error_counter_log": {"read": {"total_uncorrected_errors": 1}}}


def named(found: dict[Counter, int]) -> dict[str, int]:
    return {c.name: v for c, v in found.items()}


def test_ata_attributes_that_foretell_failure_are_counted_and_hours_are_not() -> None:
    found = named(parse_smart(json.dumps(ATA), "d"))
    assert found == {"5 Reallocated_Sector_Ct": 8, "199 UDMA_CRC_Error_Count": 2}


def test_a_scsi_disk_without_ata_attributes_is_read_too() -> None:
    assert named(parse_smart(json.dumps(SCSI), "d")) == {"grown defects": 3, "read uncorrected errors": 1}


@pytest.mark.parametrize("text", ["", "{}", "[]", json.dumps({"smart_support": {"available": False}})])
def test_a_disk_that_offers_no_counters_is_said(text: str) -> None:
    with pytest.raises(ToolFailed):
        parse_smart(text, "d")


def test_nvme_numbers_are_read_as_text_and_as_objects_too() -> None:
    log = {"critical_warning": {"value": 2}, "media_errors": "7", "avail_spare": 97, "num_err_log_entries": 4}
    found = parse_nvme(json.dumps(log), "d")
    assert {name: value for name, value in named(found).items() if value} == {
        "warning: its temperature is beyond a threshold": 1,
        "media_errors": 7,
        "spare_used_percent": 3,
        "num_err_log_entries": 4,
    }
    assert [c.name for c in found if not c.serious] == ["num_err_log_entries"]


def test_serious_rises_come_first_and_a_counter_that_was_reset_counts_from_zero() -> None:
    drop, crc, reset = Counter("nic a", "dropped", False), Counter("nic b", "crc"), Counter("nic c", "crc")
    before, after = Snapshot({drop: 1, crc: 1, reset: 9}), Snapshot({drop: 2, crc: 3, reset: 4})
    assert [str(r) for r in rises(before, after)] == [
        "crc rose from 1 to 3",
        "crc rose from 0 to 4",
        "dropped rose from 1 to 2",
    ]


def test_a_part_whose_counters_vanish_is_lost() -> None:
    assert lost(Snapshot({Counter("disk a", "x"): 0}), Snapshot()) == ["disk a"]


def test_what_checks_may_import_does_not_change_unseen() -> None:
    assert metalctl.node.plugin.__all__ == ["REQUIRED", "CheckInfo", "check", "device"]
