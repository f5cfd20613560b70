"""What it is worth when a source of errors cannot be read, and what moves during the run.

A machine on which every source is readable passes; each test breaks one thing on it. All go through the real runner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metalctl.model.inventory import Disk, Memory, Nic
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
    no_aer,
    rasdaemon,
    told,
    without_edac,
)


def test_a_machine_in_order_passes_and_says_which_sources_were_read(whole: Any) -> None:
    (result,) = told(whole)
    assert result.verdict is Verdict.PASS, result
    sources = result.evidence["sources"]
    assert isinstance(sources, dict)
    read = {name for name, why in sources.items() if why == "read"}
    assert read == {"edac", "ports", "aer", "kernel-log", "drives"}
    assert sources["rasdaemon"] == "rasdaemon does not run"


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
