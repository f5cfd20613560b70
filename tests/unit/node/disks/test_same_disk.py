"""The disk that is written is the one that was looked at, in the same boot."""

from __future__ import annotations

import os
import subprocess
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Disk
from metalctl.model.run import Armed, RunSpec
from metalctl.node import guard, hygiene
from metalctl.node.errors import Refused
from metalctl.node.inspect.host import Host, Local
from metalctl.node.plugin.leave import Guard
from tests.unit.node.disks.conftest import MIB, Make, alias, attach

NOW = 1_000_000.0


class Rebooted(Local):
    """This machine after another boot."""

    def data(self, path: str) -> bytes:
        return b"9f2c0000-0000-4000-8000-000000000002\n" if path.endswith("/boot_id") else super().data(path)


def leave(seen: dict[str, Any], expires: float = NOW + 60) -> Armed:
    """The leave that is given for a disk as it was looked at: all that a leave can state of it."""
    stated = {f.name: seen[f.name] for f in fields(Armed) if f.name in seen}
    return Armed(action="fio-write", enrollment="e1", expires=expires, **stated)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[Disk]:
    """The disks that this machine has; a loop device is none by itself."""
    present: list[Disk] = []
    monkeypatch.setattr("metalctl.node.inspect.disks.collect", lambda _: tuple(present))
    return present


@pytest.fixture
def disk(loop_disk: Make, here: list[Disk]) -> Disk:
    here.append(loop_disk())
    return here[0]


def test_the_disk_that_was_looked_at_may_be_written(disk: Disk) -> None:
    guard.require(leave(hygiene.look(disk)), disk, "fio-write", NOW)


@pytest.mark.truth("C3", "a disk that was replaced since it was looked at is another disk")
def test_another_disk_under_the_same_name_and_serial_is_refused(disk: Disk, tmp_path: Path) -> None:
    armed = leave(hygiene.look(disk))
    other = tmp_path / "other"
    with other.open("wb") as file:
        file.truncate(disk.size or 0)
    subprocess.run(["losetup", "-d", f"/dev/{disk.name}"], check=True)
    attach(other, f"/dev/{disk.name}")
    with pytest.raises(Refused, match="taken out or replaced since it was checked"):
        guard.require(armed, disk, "fio-write", NOW)


@pytest.mark.truth("C3", "a disk that was replaced since it was looked at is another disk")
def test_a_disk_of_another_device_number_is_refused(disk: Disk, here: list[Disk], loop_disk: Make) -> None:
    armed = leave(hygiene.look(disk))
    here[:] = [replace(loop_disk(), serial=disk.serial)]
    with pytest.raises(Refused, match="was device 7:"):
        guard.require(armed, here[0], "fio-write", NOW)


@pytest.mark.truth("C3", "a disk that was replaced since it was looked at is another disk")
def test_a_disk_of_another_wwn_is_refused(disk: Disk, here: list[Disk]) -> None:
    armed = leave(hygiene.look(replace(disk, wwn="0x5000c500a1b2c3d4")))
    here[:] = [replace(disk, wwn="0x5000c500a1b2ffff")]
    with pytest.raises(Refused, match="has WWN 0x5000c500a1b2c3d4, this one has 0x5000c500a1b2ffff"):
        guard.require(armed, here[0], "fio-write", NOW)


@pytest.mark.truth("C3", "what was found out about a disk ends with the boot")
def test_a_leave_of_another_boot_is_refused(disk: Disk) -> None:
    armed = leave(hygiene.look(disk))
    with pytest.raises(Refused, match="booted again since the disk was checked"):
        guard.require(armed, disk, "fio-write", NOW, host=Host(Rebooted()))


def test_a_leave_that_does_not_say_which_disk_was_looked_at_is_none(disk: Disk) -> None:
    with pytest.raises(Refused, match="does not say which disk was checked"):
        guard.hold(replace(leave(hygiene.look(disk)), number=""), disk, "fio-write", NOW)


def test_of_two_namespaces_of_one_drive_the_one_that_was_looked_at_is_written(disk: Disk, here: list[Disk]) -> None:
    first, second = replace(disk, unit="eui.01"), replace(disk, name="nvme9n2", unit="eui.02")
    here[:] = [second, first]
    armed = leave(hygiene.look(first))
    guard.require(armed, first, "fio-write", NOW)
    with pytest.raises(Refused, match=r"was issued for serial LOOPDISK1/eui\.01; the disk is LOOPDISK1/eui\.02"):
        guard.require(armed, second, "fio-write", NOW)


@pytest.mark.truth("C1", "the disk is claimed from before the last look until the writing has ended")
def test_a_disk_is_claimed_while_a_check_may_write_it(disk: Disk, tmp_path: Path) -> None:
    armed = leave(hygiene.look(disk), expires=2e9)
    fixture, node = Guard(RunSpec("r", "n", "burn-in", "quick", {}, armed=(armed,))), alias(disk, tmp_path / "node")
    given = fixture.leave(disk)
    assert (given.path, fixture.leave(disk)) == (f"/dev/{disk.name}", given)
    with pytest.raises(OSError, match="busy"):
        os.open(node, os.O_RDONLY | os.O_EXCL)
    fixture.close()
    os.close(os.open(node, os.O_RDONLY | os.O_EXCL))


def test_a_disk_that_is_refused_is_not_left_claimed(disk: Disk, tmp_path: Path) -> None:
    armed, node = leave(hygiene.look(disk)), alias(disk, tmp_path / "node")
    held = os.open(node, os.O_RDWR)
    try:
        guard.hold(armed, disk, "fio-write", NOW).close()  # our own file is no other process'
        with pytest.raises(Refused):
            guard.hold(replace(armed, size=MIB), disk, "fio-write", NOW)
        os.close(os.open(node, os.O_RDONLY | os.O_EXCL))
    finally:
        os.close(held)
