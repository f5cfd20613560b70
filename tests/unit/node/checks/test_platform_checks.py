"""Virtualization, the KVM guest and memory: shown to fail on a fault, UNKNOWN when they cannot tell."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.inventory import Dimm, Memory
from metalctl.model.verdict import Verdict
from metalctl.node import kvm
from metalctl.node.errors import HardwareFault
from metalctl.node.kvm import initramfs
from metalctl.node.kvm.cpio import DIRECTORY, FILE, archive
from tests.unit.node.conftest import LIMITS

GIB = 1 << 30


def cpu(node: Any, **fields: Any) -> None:
    node.change(cpu=replace(node.inventory.cpu, **fields))


def test_a_cpu_without_the_flag_fails(node: Any) -> None:
    cpu(node, virtualization="")
    node.tool("modprobe", "exit 0")
    assert node.one("virtualization").verdict is Verdict.FAIL


def test_flags_that_could_not_be_read_are_unknown(node: Any) -> None:
    cpu(node, virtualization=None)
    node.tool("modprobe", "exit 0")
    assert node.one("virtualization").verdict is Verdict.UNKNOWN


def test_a_feature_that_the_firmware_locks_fails_though_the_flag_is_there(node: Any) -> None:
    node.tool("modprobe", "echo \"modprobe: ERROR: could not insert 'kvm_amd': Operation not supported\" >&2; exit 1")
    result = node.one("virtualization")
    assert result.verdict is Verdict.FAIL
    assert "firmware" in result.remedy


def test_a_kernel_without_the_module_is_unknown(node: Any) -> None:
    node.tool("modprobe", "echo 'modprobe: FATAL: Module kvm_amd not found' >&2; exit 1")
    assert node.one("virtualization").verdict is Verdict.UNKNOWN


def test_a_module_that_loads_and_gives_no_device_fails(node: Any) -> None:
    node.tool("modprobe", "exit 0")
    assert "cannot be opened" in node.one("virtualization").reason


def test_a_device_that_is_not_kvm_fails(node: Any) -> None:
    node.tool("modprobe", "exit 0")
    node.file("dev/kvm", "not a device")
    assert "cannot make a virtual machine" in node.one("virtualization").reason


def test_a_device_that_makes_a_machine_and_a_cpu_passes(tmp_path: Path) -> None:
    (tmp_path / "kvm").write_text("")
    asked: list[int] = []

    def ioctl(fd: int, request: int, _arg: int) -> int:
        asked.append(request)
        return 12 if request == 0xAE00 else os.dup(fd)

    assert kvm.probe(tmp_path / "kvm", ioctl) == 12
    assert asked == [0xAE00, 0xAE01, 0xAE41]


def test_a_machine_that_gets_no_cpu_fails(tmp_path: Path) -> None:
    (tmp_path / "kvm").write_text("")

    def ioctl(fd: int, request: int, _arg: int) -> int:
        if request == 0xAE41:
            raise OSError(errno.EINVAL, "Invalid argument")
        return os.dup(fd)

    with pytest.raises(HardwareFault, match="cannot make a virtual machine"):
        kvm.probe(tmp_path / "kvm", ioctl)


READ_ARGS = """
for a; do
  case "$p" in -serial) serial=${a#file:};; -initrd) initrd=$a;; -accel) accel=$a;; -drive) disk=${a#file=};; esac
  p=$a
done
disk=${disk%%,*}
[ "$accel" = kvm ] || { echo "not asked for kvm alone" >&2; exit 9; }
nonce=$(grep -a -o 'METALCTL-GUEST [0-9a-f]*' "$initrd" | cat)
"""


@pytest.fixture
def guest(node: Any) -> Any:
    """The node with a kernel, busybox and a QEMU that does as the script after READ_ARGS says."""
    node.file(f"boot/vmlinuz-{os.uname().release}", "kernel")
    node.tool("busybox", "exit 0")
    node.tool("ldd", "exit 1")
    return node


def test_a_guest_that_prints_its_nonce_passes(guest: Any) -> None:
    guest.tool("qemu-system-x86_64", READ_ARGS + 'echo "$nonce" > "$serial"')
    result = guest.one("kvm-guest", limits={"max_boot": 120.0})
    assert result.verdict is Verdict.PASS, result.reason
    assert result.evidence["virtio_disk"] == "not tried"


def test_a_guest_that_hangs_fails_at_the_deadline_with_its_last_words(guest: Any) -> None:
    guest.tool("qemu-system-x86_64", READ_ARGS + 'echo "Booting the kernel." > "$serial"; exec sleep 300')
    for seconds in LIMITS:
        result = guest.one("kvm-guest", limits={"max_boot": float(seconds)}, run_id=f"r{seconds}")
        if "Booting the kernel." in result.reason:
            break
    assert result.verdict is Verdict.FAIL
    assert f"did not come up within {seconds} s" in result.reason
    assert "Booting the kernel." in result.reason
    assert result.duration < seconds + 120


@pytest.mark.truth("B7", "a hypervisor that ended with an error passes nobody, although its guest came up")
@pytest.mark.parametrize(("end", "code"), [("exit 1", 1), ("kill -9 $$", -9)])
def test_a_qemu_that_ended_with_an_error_after_its_guest_came_up_is_unknown(guest: Any, end: str, code: int) -> None:
    guest.tool("qemu-system-x86_64", READ_ARGS + f'echo "$nonce" > "$serial"; {end}')
    result = guest.one("kvm-guest", limits={"max_boot": 120.0})
    assert (result.verdict, f"ended with {code} after" in result.reason) == (Verdict.UNKNOWN, True), result.reason


def test_a_guest_with_another_nonce_is_not_ours(guest: Any) -> None:
    guest.tool("qemu-system-x86_64", READ_ARGS + 'echo "METALCTL-GUEST 0123456789abcdef0123456789abcdef" > "$serial"')
    assert guest.one("kvm-guest").verdict is Verdict.UNKNOWN


def test_a_qemu_that_gets_no_kvm_fails(guest: Any) -> None:
    guest.tool("qemu-system-x86_64", "echo 'Could not access KVM kernel module: No such file or directory' >&2; exit 1")
    assert guest.one("kvm-guest").verdict is Verdict.FAIL


def test_a_qemu_that_breaks_otherwise_is_unknown(guest: Any) -> None:
    guest.tool("qemu-system-x86_64", "echo 'qemu: could not load PC BIOS' >&2; exit 1")
    assert guest.one("kvm-guest").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("gone", ["qemu-system-x86_64", "busybox", "kernel"])
def test_what_is_missing_for_a_guest_is_unknown_and_named(guest: Any, gone: str) -> None:
    guest.tool("qemu-system-x86_64", "exit 1")
    there = guest.room / "bin" / gone
    if gone == "kernel":
        shutil.rmtree(guest.room / "root" / "boot")
    else:
        there.unlink()
    result = guest.one("kvm-guest")
    assert result.verdict is Verdict.UNKNOWN
    assert gone in result.reason
    assert "apt-get install" in result.remedy


def trace(serial: str, **fields: Any) -> Any:
    from metalctl.node.kvm.guest import Trace

    return replace(Trace(0, serial, "", b"METALCTL-WROTE n1\n", 3.0), **fields)


UP = "METALCTL-GUEST n1\nMETALCTL-CPU Hypervisor detected: KVM\nMETALCTL-READ n1\n"


def test_a_guest_whose_disk_was_read_and_written_is_told_so() -> None:
    from metalctl.node.kvm.guest import judge

    found = judge(trace(UP), "n1", 60, "vmlinuz", True)
    assert (found.disk, found.hypervisor) == (True, "Hypervisor detected: KVM")


@pytest.mark.parametrize(
    "bad",
    [trace(UP.replace("READ n1", "READ x")), trace(UP, sector=bytes(512)), trace(UP[:20], code=None)],
    ids=["read something else", "write did not arrive", "hung in I/O"],
)
def test_a_guest_whose_disk_does_not_work_fails(bad: Any) -> None:
    from metalctl.node.kvm.guest import judge

    with pytest.raises(HardwareFault):
        judge(bad, "n1", 60, "vmlinuz", True)


def test_the_initramfs_is_an_archive_that_cpio_unpacks(tmp_path: Path) -> None:
    made = archive([("bin", DIRECTORY, b""), ("bin/tool", FILE, b"abc"), ("init", FILE, b"#!/bin/tool\n")])
    subprocess.run(["cpio", "-id", "--quiet"], input=made, cwd=tmp_path, check=True)
    assert (tmp_path / "bin/tool").read_bytes() == b"abc"
    assert os.access(tmp_path / "init", os.X_OK)


def test_modules_are_loaded_after_what_they_need(tmp_path: Path) -> None:
    base = tmp_path / "lib/modules/6.1"
    base.mkdir(parents=True)
    needs = {
        "virtio_blk": "virtio_ring virtio",
        "virtio_pci": "virtio_ring virtio",
        "virtio_ring": "virtio",
        "virtio": "",
    }
    lines = [f"k/{n}.ko: {' '.join(f'k/{d}.ko' for d in v.split())}" for n, v in needs.items()]
    (base / "modules.dep").write_text("\n".join(lines))
    (base / "modules.builtin").write_text("")
    (base / "k").mkdir()
    for name in needs:
        (base / "k" / f"{name}.ko").write_bytes(name.encode())
    assert initramfs.modules("6.1", tmp_path) == [b"virtio", b"virtio_ring", b"virtio_pci", b"virtio_blk"]


def test_modules_packed_in_an_unknown_way_leave_the_disk_untried(tmp_path: Path) -> None:
    assert initramfs.modules("6.1", tmp_path) is None


def blocks(node: Any, count: int) -> None:
    node.file("sys/devices/system/memory/block_size_bytes", "8000000\n")
    for i in range(count):
        node.file(f"sys/devices/system/memory/memory{i}/state", "online\n")


def test_a_module_that_was_mapped_out_is_seen(node: Any) -> None:
    dimms = tuple(Dimm(f"D{i}", 32 * GIB) for i in range(16))
    node.change(memory=Memory(total=480 * GIB, dimms=dimms))
    result = node.one("memory")
    assert (result.verdict, result.reason) == (Verdict.FAIL, "missing is 6.25 %, wanted at most 2 %")


def test_memory_blocks_count_the_kernels_own_part(node: Any) -> None:
    node.change(memory=replace(node.inventory.memory, total=3 * GIB))
    blocks(node, 32)
    assert node.one("memory").verdict is Verdict.PASS


def test_less_than_the_profile_asks_fails(node: Any) -> None:
    assert "wanted at least 8 GiB" in node.one("memory", limits={"min_total": 8.0 * GIB}).reason


@pytest.mark.parametrize(
    "memory", [Memory(total=4 * GIB), Memory(dimms=(Dimm("D1", GIB),))], ids=["no DIMM", "no total"]
)
@pytest.mark.parametrize("check", ["memory"])
def test_memory_that_cannot_be_read_is_unknown(node: Any, check: str, memory: Memory) -> None:
    node.change(memory=memory)
    assert node.one(check).verdict is Verdict.UNKNOWN


def population(*dimms: tuple[str, int]) -> Memory:
    return Memory(total=GIB, dimms=tuple(Dimm(slot, size * GIB) for slot, size in dimms))


def test_the_odd_module_is_named_by_its_slot(node: Any) -> None:
    node.change(memory=population(("CPU1 A1", 32), ("CPU1 B1", 32), ("CPU1 C1", 16), ("CPU1 D1", 32)))
    result = node.one("dimms")
    assert (result.verdict, result.reason) == (Verdict.FAIL, "CPU1 C1 is 16 GiB, most are 32 GiB")


def test_sockets_with_different_counts_fail(node: Any) -> None:
    node.change(memory=population(("CPU1 A1", 32), ("CPU1 B1", 32), ("CPU2 A1", 32)))
    assert node.one("dimms").reason == "sockets carry 2 on 1, 1 on 2"


def test_a_missing_module_fails_by_count(node: Any) -> None:
    assert "wanted at least 4" in node.one("dimms", limits={"count": 4.0}).reason


def test_no_module_in_the_table_is_unknown(node: Any) -> None:
    node.change(memory=Memory(total=GIB))
    assert node.one("dimms").verdict is Verdict.UNKNOWN
