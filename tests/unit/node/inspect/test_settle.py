"""An inventory that was taken before udev was done says so, and what it lacks is UNKNOWN: neither FAIL nor PASS."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.diff import diff
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import BondRequirement, CpuRequirement, DiskRequirement, Profile, Range, Requires
from metalctl.model.verdict import Verdict
from metalctl.node import inspect, tool
from metalctl.node.inspect import settle
from metalctl.node.inspect.host import Host, Local

sys.path.insert(0, str(Path(__file__).parent))
from recorded import Recorded

SETTLE = "udevadm settle --timeout=60"
UDEVD = {"/run/udev/control": ""}
HANGS = {"fails": "udevadm did not end within 70 s and was ended"}
DISK = {
    "/sys/block/sda/size": "7814037168", "/sys/block/sda/queue/rotational": "1", "/sys/block/sda/device/serial": "S1",
}  # fmt: skip
PROFILE = Profile(
    name="p",
    role="storage",
    requires=Requires(
        cpu=CpuRequirement(kvm=True),
        disks=(
            DiskRequirement("exact", ("hdd",), Range(1, 1)),
            DiskRequirement("more", ("ssd",), Range(2)),
        ),
        bonds=(BondRequirement("bond0", 2),),
    ),
)


def taken(answer: Any, **machine: Any) -> tuple[Inventory, list[str]]:
    case = {"files": {**UDEVD, **DISK}, "probes": {"kvm": [False, "/dev/kvm: No such file"]}, **machine}
    recorded = Recorded({**case, "commands": {SETTLE: answer}})
    host = Host(recorded)
    pending = settle.wait(host)
    found = inspect.collect(host, change_links=False, wait=False)
    assert found.cpu.kvm is False
    return replace(found, cpu=settle.doubted(host, found.cpu, pending), unreadable=tuple(host.notes)), recorded.asked


def verdicts(inventory: Inventory) -> dict[str, Verdict]:
    asked = ("cpu.kvm", "disks.exact.count", "disks.more.count", "network.bond0.members")
    return {f.requirement: f.verdict for f in match(inventory, PROFILE) if f.requirement in asked}


def test_with_udev_done_what_is_missing_is_missing() -> None:
    found, asked = taken("")
    assert asked[0] == SETTLE, "the wait comes before anything is read"
    assert verdicts(found) == {
        "cpu.kvm": Verdict.FAIL, "disks.exact.count": Verdict.PASS, "disks.more.count": Verdict.FAIL,
        "network.bond0.members": Verdict.UNKNOWN}  # fmt: skip
    assert not [u for u in found.unreadable if "appearing" in u.reason]


@pytest.mark.parametrize("answer", [{"code": 1}, HANGS, {}], ids=["it ends with 1", "it hangs", "it is missing"])
def test_with_udev_not_done_nobody_can_tell(answer: dict[str, Any]) -> None:
    found, _ = taken(answer)
    assert set(verdicts(found).values()) == {Verdict.UNKNOWN}
    assert len(verdicts(found)) == 4
    told = {u.fact: u.reason for u in found.unreadable if "may still have been appearing" in u.reason}
    assert set(told) == {"disks", "nics", "controllers", "cpu.kvm"}
    why = {"code": "ended with 1", "fails": "did not end within 70 s"}.get(next(iter(answer), ""), "not installed")
    assert all(why in reason for reason in told.values())
    unsure = [f for f in match(found, PROFILE) if f.requirement != "cpu.kvm"]  # the case has no /proc/cpuinfo
    assert all("appearing" in f.remedy for f in unsure)


def test_a_kvm_that_opens_needs_no_wait() -> None:
    host = Host(Recorded({"files": UDEVD, "commands": {SETTLE: HANGS}, "probes": {"kvm": [True, ""]}}))
    found = inspect.cpu.collect(host)
    assert settle.doubted(host, found, settle.wait(host)) == found
    assert not host.notes_of("cpu.kvm")


def test_a_disk_that_had_not_appeared_yet_was_not_removed() -> None:
    before, _ = taken("", files={**UDEVD, **DISK, **{p.replace("sda", "sdb"): v + "2" for p, v in DISK.items()}})
    after, _ = taken(HANGS)
    gone = [c.what for c in diff(before, after) if c.kind == "disk" and not c.fact]
    assert gone == ["not readable"]
    assert [c.what for c in diff(before, taken("")[0]) if c.kind == "disk" and not c.fact] == ["removed"]


def test_without_udevd_there_is_nothing_to_wait_for() -> None:
    recorded = Recorded({})
    assert settle.wait(Host(recorded)) == ""
    assert recorded.asked == []


def test_the_whole_inventory_waits_first_and_keeps_the_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded({"files": {**UDEVD, **DISK}, "commands": {SETTLE: HANGS}, "probes": {"kvm": [False, "no"]}})
    monkeypatch.setattr(inspect, "_lldpd_age", lambda: None)
    found = inspect.collect(Host(recorded), change_links=False, wait=True)
    assert recorded.asked[0] == SETTLE
    assert found.cpu.kvm is None
    assert {"disks", "cpu.kvm"} <= {u.fact for u in found.unreadable if "appearing" in u.reason}


@pytest.mark.slow
def test_a_udevadm_that_hangs_is_ended_and_costs_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real tool runner, with a udevadm of ours on PATH that never ends."""
    fake = tmp_path / "udevadm"
    fake.write_text("#!/bin/sh\nsleep 1000\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    run = tool.run
    monkeypatch.setattr(tool, "run", lambda argv, timeout, **more: run(argv, min(timeout, 0.5), **more))

    class Machine(Local):
        def names(self, path: str) -> list[str]:
            return ["control"] if path == "/run/udev" else super().names(path)

    assert "did not end within 0.5 s" in settle.wait(Host(Machine()))
    monkeypatch.setattr(inspect, "LocalHost", lambda: Host(Machine()))
    monkeypatch.setattr(inspect, "_lldpd_age", lambda: None)
    assert inspect.main(["--keep-links"]) == 0
    facts = {u["fact"]: u["reason"] for u in json.loads(capsys.readouterr().out)["unreadable"]}
    assert "did not end" in facts["controllers"]
