"""Which checks run, on which parts, and what error counters say of them afterwards. Each test runs the real runner."""

from __future__ import annotations

import time
from typing import Any

from metalctl.model.run import Armed
from metalctl.model.verdict import Verdict
from metalctl.model.watch import Watch


def test_only_named_checks_run(node: Any, written: Any) -> None:
    written("wanted", "pass")
    written("other", "open('/tmp/never', 'w')")
    assert [r.check for r in node.run("wanted")] == ["wanted"]


def test_one_result_a_part_and_the_failing_part_is_named(node: Any, written: Any) -> None:
    written("thing", "assert nic.name != 'eth1', 'bad'", "nic")
    found = {r.part: r.verdict for r in node.run("thing")}
    assert found == {
        "nic eth0 52:54:00:00:00:01": Verdict.PASS,
        "nic eth1 52:54:00:00:00:02": Verdict.FAIL,
    }


def test_a_machine_without_such_a_part_is_skipped_with_the_reason(node: Any, written: Any) -> None:
    written("thing", "pass", "nvme")
    node.change(disks=())
    result = node.one("thing")
    assert (result.verdict, result.reason) == (Verdict.SKIP, "this machine has no nvme")


def test_no_disk_where_a_role_names_one_is_unknown_and_not_skipped(node: Any, written: Any) -> None:
    written("thing", "pass", "nvme")
    node.change(disks=())
    results = node.run("thing", roles={"wal": ("NV1",)})
    assert [(r.check, r.verdict) for r in results] == [("disks-present", "UNKNOWN"), ("thing", "UNKNOWN")]


def test_a_lost_disk_is_said_even_when_others_of_its_kind_pass(node: Any, written: Any) -> None:
    written("thing", "pass", "nvme")
    results = node.run("thing", roles={"wal": ("NV1", "NV2")})
    lost = next(r for r in results if r.check == "disks-present")
    assert (lost.verdict, lost.part) == (Verdict.UNKNOWN, "disk serial NV2")


def test_disks_of_a_role_are_chosen_by_serial(node: Any, written: Any) -> None:
    written("thing", "assert wal_disk.serial == 'NV1'", "wal_disk")
    assert node.one("thing", roles={"wal": ("NV1",), "osd": ("HD1",)}).verdict is Verdict.PASS


def test_a_raw_disk_is_not_written_when_the_run_is_not_armed(node: Any, written: Any) -> None:
    written("thing", "guard.leave(wal_disk)", "wal_disk, guard")
    result = node.one("thing", roles={"wal": ("NV1",)})
    assert result.verdict is Verdict.UNKNOWN
    assert "not armed" in result.reason


def test_an_armed_disk_that_the_guard_refuses_is_unknown(node: Any, written: Any) -> None:
    written("thing", "guard.leave(wal_disk)", "wal_disk, guard")
    armed = Armed("NV1", 4 << 30, "fio-write", "e1", time.clock_gettime(time.CLOCK_BOOTTIME) - 5)
    result = node.one("thing", roles={"wal": ("NV1",)}, armed=(armed,))
    assert result.verdict is Verdict.UNKNOWN
    assert "expired" in result.reason


def test_a_check_of_another_level_is_skipped_with_the_reason(node: Any, written: Any) -> None:
    written("thing", "pass", more="levels='burn-in'")
    result = node.one("thing")
    assert (result.verdict, result.reason) == (Verdict.SKIP, "not of level quick: it is of burn-in")


def test_a_rise_of_a_ports_crc_errors_fails_the_port_and_names_the_check(node: Any, written: Any) -> None:
    counter = node.file("sys/class/net/eth1/statistics/rx_crc_errors", "3\n")
    node.file("sys/class/net/eth0/statistics/rx_crc_errors", "3\n")
    written("quiet", "pass")
    written("loud", f"open({str(counter)!r}, 'w').write('9')")
    node.run("quiet", "loud", errors=Watch())
    moved = [r for r in node.results if r.check == "error-counters"]
    assert [(r.verdict, r.part) for r in moved] == [(Verdict.FAIL, "nic eth1 52:54:00:00:00:02")]
    assert moved[0].reason == "rx_crc_errors rose from 3 to 9 during loud"
    assert node.code == 1


def test_an_uncorrected_memory_error_fails_the_dimm(node: Any, written: Any) -> None:
    dimm = "sys/devices/system/edac/mc/mc0/dimm1"
    node.file(f"{dimm}/dimm_label", "CPU1 DIMM_B\n")
    counter = node.file(f"{dimm}/dimm_ue_count", "0\n")
    written("loud", f"open({str(counter)!r}, 'w').write('1')")
    node.run("loud")
    moved = next(r for r in node.results if r.check == "error-counters")
    assert (moved.verdict, moved.part) == (Verdict.FAIL, "dimm CPU1 DIMM_B")


def test_dropped_frames_are_noted_and_fail_nothing(node: Any, written: Any) -> None:
    counter = node.file("sys/class/net/eth1/statistics/rx_dropped", "3\n")
    written("loud", f"open({str(counter)!r}, 'w').write('9')")
    node.run("loud", errors=Watch())
    moved = next(r for r in node.results if r.check == "error-counters")
    assert moved.verdict is Verdict.PASS
    assert "rx_dropped rose from 3 to 9" in str(moved.evidence["noted"])


def test_counters_that_nobody_can_read_are_unknown(node: Any, written: Any) -> None:
    written("thing", "pass")
    node.run("thing")
    moved = next(r for r in node.results if r.check == "error-counters")
    assert moved.verdict is Verdict.UNKNOWN
    assert "nvme is not installed" in str(moved.evidence["unreadable"])
