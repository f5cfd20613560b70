"""A disk that is in use through another name, by real loop devices: none of these shows in /dev/NAME or an exclusive
open."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.model.inventory import Disk
from metalctl.node import guard
from metalctl.node.errors import Refused
from tests.unit.node.disks.conftest import Make, alias, python, running

OPEN = "f = os.open(sys.argv[1], os.O_RDWR)"
MAPPED = "import mmap\nf = os.open(sys.argv[1], os.O_RDWR)\nm = mmap.mmap(f, 4096)\nos.close(f)"
# CLONE_FILES: from here on the thread has a table of open files of its own.
THREAD = """
import ctypes, threading
def work(done):
    assert ctypes.CDLL(None).unshare(0x400) == 0
    os.open(sys.argv[1], os.O_RDWR)
    done.set()
    threading.Event().wait()
done = threading.Event()
threading.Thread(target=work, args=(done,), daemon=True).start()
done.wait()
"""


def refusals(disk: Disk) -> str:
    return "; ".join(guard.refusals(disk))


def test_an_idle_disk_is_not_refused(loop_disk: Make) -> None:
    assert guard.refusals(loop_disk()) == []


@pytest.mark.truth("C1", "a disk in use under another device file is in use")
@pytest.mark.parametrize("use", [OPEN, MAPPED, THREAD], ids=["open", "mapped and closed", "open in a thread alone"])
def test_a_process_that_writes_through_another_device_file_is_seen(loop_disk: Make, tmp_path: Path, use: str) -> None:
    disk = loop_disk()
    with running(*python(use, alias(disk, tmp_path / "node"))) as pid:
        assert f"{disk.name} is open for writing in" in refusals(disk)
        assert f"(pid {pid})" in refusals(disk)
    assert guard.refusals(disk) == []


def test_a_process_that_only_reads_is_no_reason(loop_disk: Make, tmp_path: Path) -> None:
    disk = loop_disk()
    reads = "import mmap\nf = os.open(sys.argv[1], os.O_RDONLY)\nm = mmap.mmap(f, 4096, prot=mmap.PROT_READ)"
    with running(*python(reads, alias(disk, tmp_path / "node"))):
        assert guard.refusals(disk) == []


@pytest.mark.truth("C1", "a loop device on the raw disk is a use of it, whatever its device file was called and where")
def test_a_loop_device_on_the_disk_in_another_mount_namespace_is_seen(loop_disk: Make, tmp_path: Path) -> None:
    disk, other = loop_disk(), tmp_path / "other"
    other.mkdir()
    # The device file is in a tmpfs that only this namespace sees, and is gone by the time we look.
    script = f"""
        mount -t tmpfs none {other}
        mknod {other}/node b $(tr : ' ' < /sys/class/block/{disk.name}/dev)
        mkfs.ext4 -q {other}/node
        loop=$(losetup --find --show {other}/node)
        rm {other}/node
        mkdir {other}/mnt
        mount $loop {other}/mnt
        echo ready
        cat > /dev/null
        umount {other}/mnt
        losetup -d $loop
    """
    with running("unshare", "-m", "--propagation", "private", "sh", "-ec", script):
        assert f"{disk.name} carries the loop device loop" in refusals(disk)
    assert guard.refusals(disk) == []


@pytest.mark.truth("C1", "a mount that only another mount namespace sees is told by its place and process")
def test_a_mount_in_another_mount_namespace_is_told_by_place_and_process(loop_disk: Make, tmp_path: Path) -> None:
    disk = loop_disk()
    (tmp_path / "a b").mkdir()
    script = f"mkfs.ext4 -q /dev/{disk.name}; mount /dev/{disk.name} '{tmp_path}/a b'; echo ready; cat > /dev/null"
    with running("unshare", "-m", "--propagation", "private", "sh", "-ec", script) as pid:
        assert f"{disk.name} is mounted on {tmp_path}/a b, in the mount namespace of sh (pid {pid})" in refusals(disk)


def test_a_claim_keeps_everybody_else_out_until_it_is_given_back(loop_disk: Make, tmp_path: Path) -> None:
    disk = loop_disk()
    node = alias(disk, tmp_path / "node")
    with guard.Claim((disk.name, Path(f"/sys/class/block/{disk.name}/dev").read_text().strip())):
        with pytest.raises(OSError, match="busy"):
            os.open(node, os.O_RDONLY | os.O_EXCL)
        assert "claimed in the kernel" in guard.claimed(disk.name)
    os.close(os.open(node, os.O_RDONLY | os.O_EXCL))


def test_a_use_and_a_claim_are_of_every_path_to_the_disk(loop_disk: Make) -> None:
    """Two loop devices stand for the two paths of a dual-ported disk."""
    first, second = loop_disk(), loop_disk()
    disk = replace(first, paths=(second.name,))
    with running(*python(OPEN, f"/dev/{second.name}")):
        assert f"{second.name} is open for writing in" in refusals(disk)
    claimed = [(d.name, Path(f"/sys/class/block/{d.name}/dev").read_text().strip()) for d in (first, second)]
    with guard.Claim(*claimed):
        assert "claimed" in guard.claimed(first.name)
        assert "claimed" in guard.claimed(second.name)
    assert guard.claimed(second.name) == ""


def test_a_device_file_of_another_disk_is_not_claimed(loop_disk: Make) -> None:
    disk = loop_disk()
    with pytest.raises(Refused, match=f"/dev/{disk.name} is not the block device 8:0"):
        guard.Claim((disk.name, "8:0"))
    assert guard.claimed(disk.name) == ""
