"""What an NVMe drive's own self-test found counts, whichever tool reads the drive: at inspect and in both checks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from metalctl.model.inventory import Disk
from metalctl.model.verdict import Verdict
from metalctl.node.inspect import nvme
from metalctl.node.inspect.host import Host
from tests.unit.node.inspect.recorded import Recorded

SMART = {"critical_warning": 0, "temperature": 301, "avail_spare": 97, "spare_thresh": 10, "percent_used": 2,
         "media_errors": 0}  # fmt: skip
KEEPS, KEEPS_NOT = {"oacs": 0x5F}, {"oacs": 0x0F}
CONTROLLER = "/sys/devices/pci0000:80/0000:81:00.0/nvme/nvme4"


def log(*results: int, **failing: int) -> dict[str, Any]:
    """The log as nvme-cli prints it, newest first; 15 is an entry that was never written."""
    rows = [{"Self test result": r} | ({"Self test code": 2, **failing} if r != 15 else {}) for r in results]
    return {
        "Current Device Self-Test Operation": 0,
        "Current Device Self-Test Completion": 0,
        "List of Valid Reports": rows,
    }


LOGS = [
    ((7, 0), {"Failing LBA": 7040}, "FAIL", "its self-test failed: a segment failed, at block 7040"),
    ((1, 6, 0), {}, "FAIL", "its self-test failed: a segment failed, it does not say which"),
    ((5,), {}, "FAIL", "its self-test failed: a fatal error"),
    ((0, 7), {}, "PASS", ""),
    ((2, 4, 8, 9), {}, "PASS", ""),
    ((15, 15), {}, "PASS", ""),
    ((), {}, "PASS", ""),
]
KIND = "a failed self-test of an NVMe drive is asked for, whichever tool reads the drive"


def drive(node: Any, identity: dict[str, int], told: str) -> None:
    for name, text in {"smart": json.dumps(SMART), "ctrl": json.dumps(identity), "tests": told}.items():
        (node.room / name).write_text(text)
    room = node.room
    ends = f"[ -s {room}/tests ] || exit 1; cat {room}/tests"
    node.tool(
        "nvme", f"case $1 in smart-log) cat {room}/smart;; id-ctrl) cat {room}/ctrl;; self-test-log) {ends};; esac"
    )
    node.change(disks=tuple(d for d in node.inventory.disks if d.kind == "nvme"))


@pytest.mark.truth("B1", KIND)
@pytest.mark.parametrize("check", ["disk-health", "nvme-health"])
@pytest.mark.parametrize(("results", "failing", "verdict", "said"), LOGS)
def test_the_last_self_test_that_ended_is_judged(
    node: Any, check: str, results: tuple[int, ...], failing: dict[str, int], verdict: str, said: str
) -> None:
    drive(node, KEEPS, json.dumps(log(*results, **failing)))
    found = node.one(check)
    assert found.verdict == verdict, found.reason
    assert said in found.reason


@pytest.mark.truth("B1", "a log of self-tests that a drive keeps and nobody can read is UNKNOWN")
@pytest.mark.parametrize("check", ["disk-health", "nvme-health"])
@pytest.mark.parametrize("told", ["", "{}", "NVMe status: Invalid Log Page"])
def test_a_log_that_is_kept_and_cannot_be_read_is_unknown(node: Any, check: str, told: str) -> None:
    drive(node, KEEPS, told)
    found = node.one(check)
    assert (found.verdict, "log of its self-tests" in found.reason) == (Verdict.UNKNOWN, True), found.reason


@pytest.mark.parametrize("check", ["disk-health", "nvme-health"])
def test_a_drive_without_self_tests_is_not_asked_for_them(node: Any, check: str) -> None:
    drive(node, KEEPS_NOT, "")
    assert node.one(check).verdict is Verdict.PASS


def inspected(commands: dict[str, Any]) -> tuple[Disk, list[str]]:
    machine = Recorded({
        "links": {"/sys/block/nvme4n1": f"{CONTROLLER}/nvme4n1"},
        "files": {f"{CONTROLLER}/nvme4n1/nsid": "1\n"},
        "commands": {f"nvme {name} -o json /dev/nvme4": text for name, text in commands.items()},
    })  # fmt: skip
    return nvme.details(Host(machine), Disk("nvme4n1", "nvme", transport="nvme")), machine.asked


@pytest.mark.truth("B1", KIND)
def test_an_inspected_drive_is_asked_for_its_self_tests() -> None:
    tools = {"smart-log": json.dumps(SMART), "id-ctrl": json.dumps(KEEPS), "self-test-log": json.dumps(log(15, 7))}
    disk, _ = inspected(tools)
    assert disk.health is not None
    assert (disk.health.status, disk.health.faults) == ("failing", ("its self-test failed: a segment failed",))


def test_an_inspected_drive_that_keeps_none_is_not_asked() -> None:
    disk, asked = inspected({"smart-log": json.dumps(SMART), "id-ctrl": json.dumps(KEEPS_NOT)})
    assert disk.health is not None
    assert (disk.health.status, disk.health.doubts) == ("ok", ())
    assert not [a for a in asked if "self-test-log" in a]
