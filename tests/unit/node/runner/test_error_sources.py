"""What error counters say before a run, and what it is worth when a source of errors cannot be read.

A machine on which every source is readable passes; each test breaks one thing on it. All go through the real runner.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.content import profiles
from metalctl.model.inventory import Disk, LogEntry, Memory, Nic, PcieDevice
from metalctl.model.measurement import CheckResult
from metalctl.model.verdict import Verdict

EDAC, CARD = "sys/devices/system/edac/mc", "0000:41:00.0"
SMART = '{"ata_smart_attributes": {"table": [{"id": 5, "name": "Reallocated_Sector_Ct", "raw": {"value": 0}}]}}'
NVME = '{"critical_warning": 0, "media_errors": 0, "avail_spare": 100}'
AER = {"correctable": "RxErr 2\nBadTLP 0\nTOTAL_ERR_COR 2", "nonfatal": "UnsupReq 4\nCmpltTO 0\nTOTAL_ERR_NONFATAL 4",
       "fatal": "DLP 0\nTOTAL_ERR_FATAL 0"}  # fmt: skip
BOOT = ["Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)", "mce: CPU supports 32 MCE banks",
        "EDAC MC: Ver: 3.0.0", "EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0",
        "GHES: APEI firmware first mode is enabled by APEI bit and WHEA _OSC.",
        "pcieport 0000:40:01.0: AER: enabled with IRQ 34", "RAS: Correctable Errors collector initialized.",
        "usb 1-1: reset high-speed USB device number 2", "MCE: In-kernel MCE decoding enabled."]  # fmt: skip


@pytest.fixture
def whole(node: Any, written: Any) -> Any:
    """The machine in order; `quiet` is a check that does nothing."""
    written("quiet", "pass")
    dimms = tuple(replace(d, serial=f"S{d.slot[-1]}") for d in node.inventory.memory.dimms)
    memory = replace(node.inventory.memory, dimms=dimms)
    node.change(memory=memory, pcie=(PcieDevice(CARD, kind="network", model="X710"),))
    for number, letter in enumerate("AB"):
        node.file(f"{EDAC}/mc0/dimm{number}/dimm_label", f"CPU1 DIMM_{letter}\n")
        node.file(f"{EDAC}/mc0/dimm{number}/dimm_ce_count", "0\n")
        node.file(f"{EDAC}/mc0/dimm{number}/dimm_ue_count", "0\n")
        node.file(f"sys/class/net/eth{number}/statistics/rx_crc_errors", "0\n")
        node.file(f"sys/class/net/eth{number}/carrier_down_count", "1\n")
    for name in ("ce_noinfo_count", "ue_noinfo_count"):
        node.file(f"{EDAC}/mc0/{name}", "0\n")
    for name, text in AER.items():
        node.file(f"sys/bus/pci/devices/{CARD}/aer_dev_{name}", text + "\n")
    log(node, *BOOT)
    node.prints("nvme", NVME)
    node.prints("smartctl", SMART)
    return node


def log(node: Any, *lines: str, first: int = 0) -> Path:
    """The kernel's log, whose records are numbered from `first`."""
    records = [f"6,{first + n},{5000 + n},-;{line}\n" for n, line in enumerate(lines)]
    return node.file("dev/kmsg", "".join(records))  # type: ignore[no-any-return]


def told(node: Any, *checks: str, **spec: Any) -> list[CheckResult]:
    node.run(*(checks or ("quiet",)), **spec)
    return [r for r in node.results if r.check == "error-counters"]


def bad(node: Any, **spec: Any) -> list[tuple[Verdict, str]]:
    return [(r.verdict, r.part) for r in told(node, **spec)]


def shipped() -> dict[str, Any]:
    """The limits of a shipped profile; one that has none must fail these tests."""
    watch = getattr(profiles.load("compute"), "errors", None)
    return {"errors": watch} if watch else {}


A = "dimm CPU1 DIMM_A, serial SA"


def test_a_machine_in_order_passes_and_says_which_sources_were_read(whole: Any) -> None:
    (result,) = told(whole)
    assert result.verdict is Verdict.PASS, result
    sources = result.evidence["sources"]
    assert isinstance(sources, dict)
    read = {name for name, why in sources.items() if why == "read"}
    assert read == {"edac", "ports", "aer", "kernel-log", "drives"}
    assert sources["rasdaemon"] == "rasdaemon does not run"


# before the run


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


LINES = {
    "a machine check of memory": ("mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 7: be00000000010091", "memory"),
    "a machine check of a processor": ("mce: [Hardware Error]: CPU 7: Machine Check Exception: 5 Bank 1: "
                                       "bd80000000100134", "cpu 7"),
    "one that AMD's decoder tells": ("[Hardware Error]: CPU:2 (19:1:1) MC5_STATUS[-|UE|MiscV|-|PCC|-|SyndV|-|-|-]: "
                                     "0xbe00000000000108", "cpu 2"),
    "EDAC's own line": ("EDAC MC0: 1 UE memory read error on CPU1 DIMM_A (channel:0 slot:0 page:0x77 offset:0x40)", A),
    "a page that was taken out": ("Memory failure: 0x7740c0: recovery action for dirty LRU page: Recovered", "memory"),
    "a fatal error of a link": (f"pcieport {CARD}: PCIe Bus Error: severity=Uncorrected (Fatal), type=Data Link Layer",
                                f"pcie X710 {CARD}"),
    "a bus that called by NMI": ("NMI: PCI system error (SERR) for reason a1 on CPU 4.", "pcie bus"),
    "EDAC's line of a cache": ("EDAC DEVICE2: UE: cortex_l2 instance: cpu3 block: L2 count: 1 'L2'", "machine"),
    "memory that a program read": ("mce: Uncorrected hardware memory error in user-access at 51c9a40", "memory"),
}  # fmt: skip


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


# the BMC's event log


def bmc(node: Any, *entries: str, info: str = "Entries : 3\nOverflow : false", sensors: str = "") -> None:
    node.file("dev/ipmi0", "")
    node.prints("sel", "\n".join(entries) + "\n")
    node.tool(
        "ipmitool",
        f"""case "$*" in
      "sel info") printf '%s\\n' '{info}';;
      "sel time get") echo 07/21/2026 09:30:00;;
      "sel elist") cat {node.room}/sel.out;;
      "sdr type Memory") printf '%s\\n' '{sensors}';;
      *) exit 1;; esac""",
    )


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


# rasdaemon


HEARD = ("ras/mc_event", "ras/aer_event", "mce/mce_record")


def rasdaemon(node: Any, *events: tuple[str, str, int], at: str = "", listens: tuple[str, ...] = HEARD) -> Path:
    """It runs and keeps a database. events: (err_type, label, count). listens: what the kernel tells it."""
    node.file("proc/812/comm", "rasdaemon\n")
    for event in listens:
        node.file(f"sys/kernel/debug/tracing/instances/rasdaemon/events/{event}/enable", "1\n")
    path: Path = node.file("var/lib/rasdaemon/ras-mc_event.db", "")
    path.unlink()
    at = at or time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime())
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE mc_event (id INTEGER PRIMARY KEY, timestamp TEXT, err_count INTEGER, "
                         "err_type TEXT, err_msg TEXT, label TEXT)")  # fmt: skip
        database.executemany("INSERT INTO mc_event (timestamp, err_type, label, err_count) VALUES (?, ?, ?, ?)",
                             [(at, *event) for event in events])  # fmt: skip
    database.close()
    return path


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


def no_aer(node: Any) -> None:
    for name in AER:
        (node.room / f"root/sys/bus/pci/devices/{CARD}/aer_dev_{name}").unlink()


def without_edac(node: Any) -> None:
    for file in sorted((node.room / "root" / EDAC).rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()


def test_rasdaemon_tells_of_the_processors_and_cards_where_it_listens_to_them(whole: Any) -> None:
    (whole.room / "root/dev/kmsg").unlink()
    no_aer(whole)
    rasdaemon(whole)
    assert bad(whole) == [(Verdict.PASS, "")]


@pytest.mark.truth("B3", "a source of errors that nobody could read is UNKNOWN for what it covers")
def test_rasdaemon_that_does_not_listen_to_machine_checks_tells_nothing_of_them(whole: Any) -> None:
    (whole.room / "root/dev/kmsg").unlink()
    rasdaemon(whole, listens=("ras/mc_event",))
    (result,) = told(whole)
    assert (result.verdict, result.part) == (Verdict.UNKNOWN, "cpu")
    assert "rasdaemon does not listen to mce/mce_record or ras/arm_event" in result.reason


def test_rasdaemon_stands_in_for_no_driver(whole: Any) -> None:
    rasdaemon(whole)
    without_edac(whole)
    assert bad(whole) == [(Verdict.UNKNOWN, "memory")]


# sources that cannot be read


Break = Callable[[Any], object]


BROKEN: dict[str, tuple[Break, str, str]] = {
    "no memory controller driver": (without_edac, "memory", "no memory controller driver is loaded"),
    "a module's counter that holds no number": (
        lambda node: node.file(f"{EDAC}/mc0/dimm1/dimm_ue_count", "\n"), "memory", "dimm_ue_count: it holds no number"),
    "a driver of one socket alone": (
        lambda node: node.file(f"{EDAC}/mc0/size_mb", "2048\n"), "memory", "counts for 2 GiB of the 4 GiB"),
    "a kernel log whose start is gone": (
        lambda node: log(node, *BOOT, first=9731), "cpu", "its first 9731 lines, from before the run, are gone"),
    "no kernel log": (lambda node: (node.room / "root/dev/kmsg").unlink(), "cpu", "/dev/kmsg: No such file"),
    "no AER": (no_aer, "pcie", "no device has AER counters"),
    "a device whose AER counters are garbage": (
        lambda node: node.file(f"sys/bus/pci/devices/{CARD}/aer_dev_fatal", "?\n"), "pcie", "it holds no counts"),
    "a port without counters": (
        lambda node: node.change(nics=(*node.inventory.nics, Nic("eth2", "52:54:00:00:00:03"))), "network",
        "no error counters of nic eth2"),
    "a tool of drives that breaks": (lambda node: node.tool("nvme", "exit 1"), "disks", "nvme ended with 1"),
    "a drive that offers no log": (
        lambda node: node.prints("smartctl", "{}"), "disks", "smartctl gave no health counters"),
}  # fmt: skip


@pytest.mark.truth("B3", "a source of errors that nobody could read is UNKNOWN for what it covers")
@pytest.mark.parametrize(("broken", "thing", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_a_source_that_cannot_be_read_is_unknown_for_what_it_covers(
    whole: Any, broken: Break, thing: str, why: str
) -> None:
    broken(whole)
    (result,) = told(whole)
    assert (result.verdict, result.part) == (Verdict.UNKNOWN, thing)
    assert why in result.reason
    assert result.remedy


STAND_INS: dict[str, Break] = {
    "firmware that reports to the kernel": lambda node: node.file("sys/bus/platform/drivers/GHES/GHES.1/uevent", ""),
    "a BMC with a memory sensor": lambda node: bmc(node, sensors="CPU1_DIMM_A | 41h | ok | 32.1 | Presence Detected"),
}


@pytest.mark.parametrize("other", STAND_INS.values(), ids=STAND_INS.keys())
def test_another_true_source_of_memory_errors_is_enough(whole: Any, other: Break) -> None:
    without_edac(whole)
    other(whole)
    assert bad(whole) == [(Verdict.PASS, "")]


NO_STAND_INS: dict[str, Break] = {
    "a BMC without memory sensors": bmc,
    "a BMC whose log is full": lambda node: bmc(node, info="Overflow : true", sensors="DIMM_A | 41h | ok | 32.1 |"),
    "a BMC that does not answer": lambda node: (node.file("dev/ipmi0", ""), node.tool("ipmitool", "exit 1")),
    "rasdaemon that died": lambda node: (rasdaemon(node), (node.room / "root/proc/812/comm").write_text("sh\n")),
    "rasdaemon without a database": lambda node: node.file("proc/812/comm", "rasdaemon\n"),
}


@pytest.mark.truth("B3", "a source of errors that nobody could read is UNKNOWN for what it covers")
@pytest.mark.parametrize("other", NO_STAND_INS.values(), ids=NO_STAND_INS.keys())
def test_what_cannot_tell_memory_errors_stands_in_for_no_driver(whole: Any, other: Break) -> None:
    without_edac(whole)
    other(whole)
    assert bad(whole) == [(Verdict.UNKNOWN, "memory")]


def test_a_log_whose_start_the_journal_kept_is_whole(whole: Any) -> None:
    log(whole, "usb 1-1: USB disconnect, device number 2", first=4711)
    whole.prints("journalctl", "\n".join(BOOT) + "\n")
    assert bad(whole) == [(Verdict.PASS, "")]
    whole.prints("journalctl", "\n".join([*BOOT, LINES["a machine check of memory"][0]]) + "\n")
    assert bad(whole, run_id="r2") == [(Verdict.FAIL, "memory")]


def test_without_the_device_dmesg_tells(whole: Any) -> None:
    (whole.room / "root/dev/kmsg").unlink()
    whole.prints("dmesg", "\n".join([*BOOT, LINES["EDAC's own line"][0]]) + "\n")
    assert bad(whole) == [(Verdict.FAIL, A)]


# during the run


@pytest.mark.truth("B3", "lines of the kernel's log that were overwritten during the run are not known to be harmless")
def test_a_log_that_was_overwritten_during_the_run_is_unknown(whole: Any, written: Any) -> None:
    kmsg = log(whole, *BOOT)
    written("loud", f"open({str(kmsg)!r}, 'w').write('6,900,1,-;usb 1-1: new device\\n')")
    (result,) = told(whole, "loud")
    assert (result.verdict, result.part) == (Verdict.UNKNOWN, "cpu")
    assert "during the run: 891 lines are gone" in result.reason


@pytest.mark.truth("B3", "what the kernel logs of the hardware during the run fails its part")
def test_a_machine_check_during_the_run_fails_and_names_the_check(whole: Any, written: Any) -> None:
    kmsg = log(whole, *BOOT)
    line = f"6,{len(BOOT)},99,-;{LINES['a machine check of a processor'][0]}"
    written("loud", f"open({str(kmsg)!r}, 'a').write({line!r} + chr(10))")
    (result,) = told(whole, "quiet", "loud")
    assert (result.verdict, result.part) == (Verdict.FAIL, "cpu 7")
    assert "rose from 0 to 1 during loud" in result.reason


def test_a_disk_that_is_a_volume_is_told_by_the_drives_behind_it(whole: Any) -> None:
    volume = Disk("sdb", "volume", size=1 << 40, serial="V1")
    behind = Disk("megaraid,4 /dev/bus/0", "hdd", serial="W4")
    whole.change(disks=(volume,), raid_disks=(behind,), memory=Memory(1 << 32, whole.inventory.memory.dimms))
    whole.tool("smartctl", f'case "$*" in *megaraid,4*) cat {whole.room}/smartctl.out;; *) exit 2;; esac')
    assert bad(whole) == [(Verdict.PASS, "")]


@pytest.mark.truth("B3", "a source of errors that nobody could read is UNKNOWN for what it covers")
def test_the_drives_of_one_card_do_not_speak_for_the_volumes_of_another(whole: Any) -> None:
    one, other = "0000:17:00.0", "0000:ca:00.0"
    volumes = tuple(Disk(n, "volume", size=1 << 40, serial=f"V{n}", controller=c) for n, c in zip(
        ("sdb", "sdc"), (one, other), strict=True))  # fmt: skip
    behind = Disk("megaraid,4 /dev/bus/0", "hdd", serial="W4", controller=one)
    whole.change(disks=volumes, raid_disks=(behind,), memory=Memory(1 << 32, whole.inventory.memory.dimms))
    whole.tool("smartctl", f'case "$*" in *megaraid,4*) cat {whole.room}/smartctl.out;; *) exit 2;; esac')
    (result,) = told(whole)
    assert (result.verdict, result.part) == (Verdict.UNKNOWN, "disks"), result
    assert "sdc" in result.reason
    assert "sdb" not in result.reason
