"""Parsers of logs and counters: lines of machines in order are no errors, and no text makes them break."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metalctl.node.counters import kernel_events, sel_events
from metalctl.node.counters.aer import total

HARMLESS = """\
EDAC MC: Ver: 3.0.0
EDAC MC1: Giving out device to module i10nm_edac controller Intel_10nm Socket#0 IMC#1: DEV 0000:7e:0c.0 (INTERRUPT)
EDAC i10nm: v0.0.5
EDAC amd64: MC: 2: 16384MB 3: 16384MB
EDAC PCI0: Giving out device to module i7core_edac controller EDAC PCI controller: DEV 0000:ff:03.0 (POLLED)
GHES: APEI firmware first mode is enabled by APEI bit and WHEA _OSC.
HEST: Table parsing has been initialized.
ERST: Error Record Serialization Table (ERST) support is initialized.
BERT: Total records found: 0
RAS: Correctable Errors collector initialized.
mce: CPU0: Thermal monitoring enabled (TM1)
mce: [Firmware Bug]: Ignoring request to disable invalid MCA bank 6.
MCE: In-kernel MCE decoding enabled.
pcieport 0000:80:03.1: AER: enabled with IRQ 47
pcieport 0000:80:03.1: PME: Signaling with IRQ 46
acpi PNP0A08:00: _OSC: OS now controls [PCIeHotplug PME AER PCIeCapability LTR]
Memory: 131688404K/134083736K available (14336K kernel code, 2373K rwdata, 5876K rodata)
ACPI Error: AE_NOT_FOUND, While evaluating GPE method [_L6F] (20220331/evgpe-511)
ata1.00: exception Emask 0x0 SAct 0x0 SErr 0x0 action 0x0""".splitlines()


@pytest.mark.parametrize("line", HARMLESS)
def test_what_drivers_say_of_themselves_is_no_error(line: str) -> None:
    assert kernel_events.parse([line]) == []


def events(*lines: str) -> list[tuple[str, str, int]]:
    return [(e.kind, e.label, e.count) for e in kernel_events.parse(lines)]


def test_amds_decoder_tells_memory_by_the_lines_that_follow() -> None:
    status = "[Hardware Error]: CPU:4 (19:11:1) MC{}_STATUS[{}|MiscV|AddrV|-|-|SyndV|{}|-|-|-]: 0xdc2040000000011b"
    umc = "[Hardware Error]: Unified Memory Controller Ext. Error Code: 0, DRAM ECC error."
    core = "[Hardware Error]: Load Store Unit Ext. Error Code: 1, Data cache parity."
    assert events(status.format(21, "Over|CE", "CECC"), umc) == [("memory-corrected", "", 1)]
    assert events(status.format(21, "-|UE", "UECC"), umc) == [("memory-uncorrected", "", 1)]
    assert events(status.format(0, "-|-", "Deferred"), core, umc) == [("memory-uncorrected", "", 1)]
    assert events(status.format(0, "-|CE", "-"), core, status.format(21, "-|CE", "CECC"), umc) == [
        ("cpu-corrected", "cpu 4", 1), ("memory-corrected", "", 1)]  # fmt: skip


def test_edac_counts_several_errors_in_one_line_and_older_kernels_write_another() -> None:
    new = "EDAC MC0: 5 CE memory read error on CPU_SrcID#1_MC#0_Chan#2_DIMM#0 (channel:2 slot:0 page:0x40 offset:0x0)"
    assert events(new) == [("memory-corrected", "CPU_SrcID#1_MC#0_Chan#2_DIMM#0", 5)]
    old = 'EDAC MC1: CE page 0xf075b2, offset 0x410, grain 0, syndrome 0xa082, row 6, channel 0, label "B4": amd64_edac'
    assert events(old) == [("memory-corrected", "B4", 1)]


def test_records_of_the_firmware_that_inform_are_noted_and_each_number_is_one() -> None:
    def record(number: int, severity: str) -> list[str]:
        return [f"{{{number}}}[Hardware Error]: {text}" for text in (
            "Hardware error from APEI Generic Hardware Error Source: 4", f"event severity: {severity}",
            "  section_type: PCIe error", "  device_id: 0000:40:01.3")]  # fmt: skip

    found = events(*record(1, "info"), *record(2, "corrected"), *record(3, "recoverable"))
    assert found == [
        ("", "0000:40:01.3", 1),
        ("pcie-corrected", "0000:40:01.3", 1),
        ("pcie-nonfatal", "0000:40:01.3", 1),
    ]


def test_a_request_that_a_device_does_not_know_is_no_fault() -> None:
    error = (
        "nvme 0000:e1:00.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction Layer, (Requester ID)"
    )
    status = "nvme 0000:e1:00.0:   device [144d:a824] error status/mask={}/00000000"
    assert events(error, status.format("00100000")) == [("", "0000:e1:00.0", 1)]
    assert events(error, status.format("00104000")) == [("pcie-nonfatal", "0000:e1:00.0", 1)]


def test_what_was_left_of_the_boot_before_is_told_apart_from_now() -> None:
    lines = [
        "BERT: Error records from previous boot:",
        "[Hardware Error]: event severity: fatal",
        "[Hardware Error]:  Error 0, type: fatal",
        "[Hardware Error]:   section_type: IA32/X64 processor error",
    ]
    assert events(*lines) == [("previous-boot", "", 1)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Memory #0x87 Correctable ECC", "memory-corrected"),
     ("Memory Mem ECC Warning Uncorrectable ECC", "memory-uncorrected"),
     ("Correctable memory error rate exceeded for DIMM_A3.", "memory-storm"),
     ("Event Logging Disabled SEL Correctable memory error logging disabled", "memory-storm"),
     ("memory: limit of correctable errors reached", "memory-storm"),
     ("Processor CPU1 Status Correctable Machine Check Error", "cpu-corrected"),
     ("Processor CPU1 Machine Check Error Uncorrectable machine check exception", "cpu-uncorrected"),
     ("Critical Interrupt PCIe Port 3 Bus Non-Fatal Error", "pcie-nonfatal"),
     ("Critical Interrupt Bus Uncorrectable error", "pcie-nonfatal"), ("Critical Interrupt PCI SERR", "pcie-fatal"),
     ("Critical Interrupt Bus Correctable error", "pcie-corrected"), ("Memory DIMM_A1 Presence detected", ""),
     ("System Event Timestamp Clock Sync", ""), ("Memory Configuration error", ""),
     ("Drive Slot Bay 4 Drive Fault", "drive-fault"),
     ("Processor CPU1 Status Presence detected", ""), ("The memory is configured correctly.", "")],
)  # fmt: skip
def test_entries_of_the_bmcs_log_are_told_apart(text: str, kind: str) -> None:
    assert sel_events.kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "iso"),
    [("04/05/2026 14:23:05", "2026-04-05T14:23:05"), ("12/12/23 | 03:21:32 SAST", "2023-12-12T03:21:32"),
     ("07/19/2026 12:05:09 AM UTC", "2026-07-19T00:05:09"), ("Pre-Init |0000000012", ""), ("13/45/2026 99:00:00", "")],
)  # fmt: skip
def test_the_bmcs_time_is_read_as_ipmitool_writes_it(text: str, iso: str) -> None:
    found = sel_events.when(text)
    assert (found.isoformat() if found else "") == iso


WORDS = st.sampled_from(
    ["EDAC MC0: ", "9" * 5000, " CE", " UE ", "on ", "(", "[Hardware Error]: ", "{1}", "CPU 1: Machine Check: 0 Bank ",
     "be", "CPU:1 (", ") MC1_STATUS[", "]", "PCIe Bus Error: severity=", "0000:00:01.0: ", "BERT: ", "Skipped", "|",
     "11/11/11", "99:99:99 PM", "Memory", "Uncorrectable ECC", "\n", "TOTAL_ERR_COR ", "RxErr ", "²", "\0"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=20).map("".join))


@given(TEXTS)
def test_no_text_breaks_them(text: str) -> None:
    parsers: list[Any] = [lambda t: kernel_events.parse(t.splitlines()), sel_events.parse, sel_events.when, total]
    for parse in parsers:
        parse(text)
