"""What the machine's own sources of errors hold of before the run. All go through the real runner."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from typing import Any

import pytest

from metalctl.model.inventory import LogEntry
from metalctl.model.verdict import Verdict
from tests.unit.node.runner.errors_of import (
    BOOT,
    CARD,
    EDAC,
    LINES,
    A,
    bad,
    bmc,
    log,
    rasdaemon,
    shipped,
    told,
    without_edac,
)


@pytest.mark.truth("B2", "an uncorrected memory error of before the run is a finding on its module")
def test_an_uncorrected_error_that_edac_holds_at_the_start_fails_the_module(whole: Any) -> None:
    whole.file(f"{EDAC}/mc0/dimm0/dimm_ue_count", "2\n")
    (result,) = told(whole)
    assert (result.verdict, result.part) == (Verdict.FAIL, A)
    assert "dimm_ue_count stood at 2 before the run" in result.reason
    assert "replace the module" in result.remedy


@pytest.mark.truth("B2", "an uncorrected memory error of before the run is a finding on its module")
def test_an_error_that_the_controller_gave_to_no_module_is_not_lost(whole: Any) -> None:
    whole.file(f"{EDAC}/mc0/ue_count", "1\n")  # its channel was known and its module not: no module counts it
    (result,) = told(whole)
    assert (result.verdict, result.part) == (Verdict.FAIL, "memory controller mc0")
    whole.file(f"{EDAC}/mc0/dimm1/dimm_ue_count", "1\n")
    assert bad(whole, run_id="r2") == [(Verdict.FAIL, "dimm CPU1 DIMM_B, serial SB")]


@pytest.mark.truth("B2", "what the kernel logged of the hardware before the run counts")
@pytest.mark.parametrize(("line", "part"), LINES.values(), ids=LINES.keys())
def test_an_uncorrected_error_in_the_kernels_log_fails_its_part(whole: Any, line: str, part: str) -> None:
    log(whole, *BOOT, line)
    assert bad(whole) == [(Verdict.FAIL, part)]


@pytest.mark.truth("B2", "what the kernel logged of the hardware before the run counts")
@pytest.mark.parametrize(
    ("line", "part"),
    [(f"pcieport {CARD}: DPC: containment event, status:0x1f0d source:0x0000", f"pcie X710 {CARD}"),
     ("EDAC PCI: Bridge Master Data Parity Error on 0000:3c:00.0", "pcie 0000:3c:00.0")],
)  # fmt: skip
def test_a_bus_error_without_a_line_of_aer_fails_where_the_profile_lets_none_pass(
    whole: Any, line: str, part: str
) -> None:
    log(whole, *BOOT, line)
    assert bad(whole, **shipped()) == [(Verdict.FAIL, part)]


def firmware(severity: str, section: str, *more: str) -> list[str]:
    lines = ["Hardware error from APEI Generic Hardware Error Source: 3", f"event severity: {severity}",
             f" Error 0, type: {severity}", f"  section_type: {section}", *more]  # fmt: skip
    return [f"{{4}}[Hardware Error]: {line}" for line in lines]


@pytest.mark.truth("B2", "what the kernel logged of the hardware before the run counts")
@pytest.mark.parametrize(
    ("record", "part"),
    [(firmware("recoverable", "memory error", "  DIMM location: CPU1 DIMM_A"), A),
     (firmware("fatal", "PCIe error", f"  device_id: {CARD}", "  slot: 0"), f"pcie X710 {CARD}"),
     (firmware("recoverable", "general processor error"), "processors"),
     (firmware("fatal", "unknown, 9a1c4e8f-0000-4000-8000-0242ac120002"), "machine")],
    ids=["memory", "pcie", "processor", "vendor's own"],
)  # fmt: skip
def test_a_record_of_the_firmware_fails_its_part(whole: Any, record: list[str], part: str) -> None:
    log(whole, *BOOT, *record)
    assert bad(whole) == [(Verdict.FAIL, part)]


@pytest.mark.truth("B2", "a PCIe device with fatal errors before the run is a finding")
def test_a_fatal_pcie_error_at_the_start_fails_the_device(whole: Any) -> None:
    whole.file(f"sys/bus/pci/devices/{CARD}/aer_dev_fatal", "DLP 0\nTLP 1\nTOTAL_ERR_FATAL 1\n")
    assert bad(whole) == [(Verdict.FAIL, f"pcie X710 {CARD}")]


def test_an_old_crash_record_and_corrected_errors_of_links_are_noted_and_pass(whole: Any) -> None:
    log(whole, *BOOT, "BERT: Error records from previous boot:", "[Hardware Error]: event severity: fatal")
    (result,) = told(whole)
    assert result.verdict is Verdict.PASS, result
    assert "error records of the boot before stood at 1" in result.reason
    assert "aer_dev_correctable of 0000:41:00.0 stood at 2" in result.reason


@pytest.mark.truth("B2", "what the BMC's event log holds of before the run counts")
@pytest.mark.parametrize(
    ("entry", "part"),
    [("  1a | 07/20/2026 | 02:14:31 | Memory CPU1 DIMM_A | Uncorrectable ECC | Asserted", A),
     ("   1 | 07/20/26 | 02:14:31 CEST | Memory #0x53 | Uncorrectable ECC | Asserted | CPU1 DIMM_A", A),
     ("   1 | 07/19/2026 | 11:59:02 PM UTC | Memory #0x02 | Correctable ECC logging limit reached | Asserted",
      "memory (Memory #0x02 Correctable ECC logging limit reached)"),
     ("   1 | Pre-Init Time-stamp | Memory #0x12 | Uncorrectable ECC | Asserted",
      "memory (Memory #0x12 Uncorrectable ECC)"),
     ("   1 | 07/20/2026 | 02:14:31 | Processor CPU2 Status | IERR | Asserted",
      "processors (Processor CPU2 Status IERR)"),
     ("   1 | 07/20/2026 | 02:14:31 | Critical Interrupt PCIE5 | Bus Fatal Error | Asserted",
      "pcie (Critical Interrupt PCIE5 Bus Fatal Error)"),
     ("   1 | 07/20/2026 | 02:14:31 | Memory CPU1 DIMM_A | Parity | Asserted", A),
     ("   1 | 07/20/2026 | 02:14:31 | Memory CPU1 DIMM_A | Memory Scrub Failed | Asserted", A),
     ("   1 | 07/20/2026 | 02:14:31 | Memory CPU1 DIMM_A | Memory Device Disabled | Asserted", A),
     ("   1 | 07/20/2026 | 02:14:31 | Processor CPU 3 | FRB3/Processor startup/init failure | Asserted",
      "processors (Processor CPU 3 FRB3/Processor startup/init failure)"),
     ("   1 | 07/20/2026 | 02:14:31 | Processor CPU Machine Chk | Transition to Non-recoverable | Asserted",
      "processors (Processor CPU Machine Chk Transition to Non-recoverable)"),
     ("   1 | 07/20/2026 | 02:14:31 | Unknown CATERR | State Asserted | Asserted",
      "processors (Unknown CATERR State Asserted)"),
     ("   1 | 07/20/2026 | 02:14:31 | Critical Interrupt NMI | I/O Channel check NMI | Asserted",
      "pcie (Critical Interrupt NMI I/O Channel check NMI)")],
)  # fmt: skip
def test_an_error_in_the_bmcs_log_fails_the_part(whole: Any, entry: str, part: str) -> None:
    bmc(whole, "   1 | 07/20/2026 | 02:00:00 | Power Unit #0x01 | Power off/down | Asserted", entry)
    assert bad(whole) == [(Verdict.FAIL, part)]


def test_an_entry_older_than_the_profile_asks_is_told_and_passes(whole: Any) -> None:
    from metalctl.model.watch import UNASKED

    bmc(whole, "   1 | 05/02/2026 | 02:14:31 | Memory CPU1 DIMM_A | Uncorrectable ECC | Asserted")
    month = replace(UNASKED, history=30 * 86400.0)
    (result,) = told(whole, errors=month)
    assert result.verdict is Verdict.PASS
    assert "memory-uncorrected, older than the profile asks stood at 1" in result.reason
    bmc(whole, "   1 | 07/02/2026 | 02:14:31 | Memory CPU1 DIMM_A | Uncorrectable ECC | Asserted")
    assert bad(whole, errors=month, run_id="r2") == [(Verdict.FAIL, A)]


@pytest.mark.truth("B2", "what the BMC's event log holds of before the run counts")
@pytest.mark.parametrize(
    "said", ["Memory Logging Limit Reached for DIMM 3 on Subsystem System Memory.", "Unrecoverable System Error (NMI).",
             "A PCI system error was detected on a component at bus 3 device 0 function 1."]
)  # fmt: skip
def test_words_of_other_makers_for_the_same_count_too(whole: Any, said: str) -> None:
    assert [v for v, _ in bad(whole, bmc_log=(LogEntry("2026-07-20T02:14:31+00:00", "critical", said),))] == [
        Verdict.FAIL
    ]


def test_what_the_controller_read_of_the_log_counts_where_there_is_no_way_to_the_bmc(whole: Any) -> None:
    entry = LogEntry(
        "2026-07-20T02:14:31+00:00", "critical", "Multi-bit memory errors detected at location CPU1 DIMM_A."
    )
    assert bad(whole, bmc_log=(entry,)) == [(Verdict.FAIL, A)]
    without_edac(whole)
    assert (Verdict.UNKNOWN, "memory") in bad(whole, bmc_log=(replace(entry, message="Power on"),), run_id="r2")


def test_entries_that_are_no_errors_pass(whole: Any) -> None:
    bmc(whole, "   1 | 07/20/2026 | 02:00:00 | Event Logging Disabled #0xe3 | Log area reset/cleared | Asserted",
        "   2 | 07/20/2026 | 02:00:01 | Memory DIMM_A | Presence Detected | Asserted",
        "   3 | 07/20/2026 | 02:00:02 | Memory DIMM_A | Uncorrectable ECC | Deasserted",
        "   4 | Pre-Init  |0000000012| System Boot Initiated | Initiated by power up | Asserted",
        "   5 | 07/20/2026 | 02:00:04 | Power Supply PS1 | Power Supply AC lost | Asserted",
        "   6 | 07/20/2026 | 02:00:05 | Processor CPU1 IERR | State Deasserted | Asserted",
        "   7 | 07/20/2026 | 02:00:06 | Processor CPU Machine Chk | Transition to OK | Asserted",
        "   8 | 07/20/2026 | 02:00:07 | Memory Correctable ECC | Limit Not Exceeded | Asserted")  # fmt: skip
    assert bad(whole) == [(Verdict.PASS, "")]


OTHER_TABLES = {
    "firmware's record": ("extlog_event (timestamp TEXT, severity INTEGER, fru_text TEXT)", ("0", "CPU1 DIMM_A"), A),
    "fatal one": ("extlog_event (timestamp TEXT, severity INTEGER, fru_text TEXT)", ("1", ""), "memory"),
    "lost page": ("memory_failure_event (timestamp TEXT, pfn TEXT, page_type TEXT)", ("0x7f", "dirty LRU"), "memory"),
    "corrected": ("extlog_event (timestamp TEXT, severity INTEGER, fru_text TEXT)", ("2", "CPU1 DIMM_A"), ""),
    "a request that nobody knows": (
        "aer_event (timestamp TEXT, err_type TEXT, dev_name TEXT, err_msg TEXT)",
        ("Uncorrected (Non-Fatal)", CARD, "Unsupported Request"), ""),
}  # fmt: skip


@pytest.mark.truth("B2", "what rasdaemon recorded before the run counts")
@pytest.mark.parametrize(("table", "row", "part"), OTHER_TABLES.values(), ids=OTHER_TABLES.keys())
def test_every_table_of_rasdaemon_is_read(whole: Any, table: str, row: tuple[str, ...], part: str) -> None:
    at = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime())
    with sqlite3.connect(rasdaemon(whole)) as database:
        database.execute(f"CREATE TABLE {table}")
        marks = ", ".join("?" * (len(row) + 1))
        database.execute(f"INSERT INTO {table.split()[0]} VALUES ({marks})", (at, *row))
    database.close()
    assert bad(whole, **shipped()) == ([(Verdict.FAIL, part)] if part else [(Verdict.PASS, "")])


@pytest.mark.truth("B2", "what rasdaemon recorded before the run counts")
def test_an_uncorrected_error_that_rasdaemon_recorded_fails_the_module(whole: Any) -> None:
    rasdaemon(whole, ("Corrected", "CPU1 DIMM_B", 2), ("Uncorrected", "CPU1 DIMM_A", 1))
    assert bad(whole) == [(Verdict.FAIL, A)]
