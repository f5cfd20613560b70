"""Boot a guest with QEMU under KVM only, and judge what it did. There is no way back to emulation."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from metalctl.node import tool
from metalctl.node.errors import HardwareFault, ToolFailed
from metalctl.node.kvm import initramfs

QEMU = "qemu-system-x86_64"
_NO_KVM = (
    "could not access kvm",
    "failed to initialize kvm",
    "kvm not available",
    "no accelerator found",
    "kvm_create",
)
# Each character on the console and each probe of an absent device is an exit to the hypervisor: on a node that is
# itself a guest that is most of the time. Warnings still come through.
_OPTIONS = (
    "console=ttyS0 panic=-1 rdinit=/init quiet loglevel=4 mitigations=off nokaslr tsc=reliable no_timer_check "
    "cryptomgr.notests 8250.nr_uarts=1 i8042.noaux i8042.nokbd pnp.debug=0 audit=0 selinux=0 apparmor=0 nowatchdog"
)
_HINT = (
    "switch virtualization on in the firmware; on a nested host the hypervisor below is at fault: dmesg | grep -i kvm"
)


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest that came up. seconds: until it ended. disk: its virtio disk was read and written; None: not tried."""

    seconds: float
    hypervisor: str
    disk: bool | None
    kernel: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What a guest left. code: QEMU's exit code, None when it was ended at the deadline. sector: what it wrote."""

    code: int | None
    serial: str
    stderr: str
    sector: bytes
    seconds: float


def boot(deadline: float, memory: int = 160, root: Path = Path("/")) -> Guest:
    """Boot a guest of `memory` MiB; HardwareFault when KVM does not carry it, ToolFailed when it cannot be told."""
    kernel = find_kernel(root / "boot")
    nonce = secrets.token_hex(16)
    archive, disk = initramfs.build(nonce, os.uname().release, root)
    with tempfile.TemporaryDirectory(prefix="metalctl-kvm-") as name:
        room = Path(name)
        (room / "initrd").write_bytes(archive)
        (room / "disk").write_bytes(f"{nonce}\n".encode().ljust(initramfs.SECTOR, b"\0") + bytes(1 << 20))
        trace = _run(command(kernel, room, memory, disk), room, deadline)
    return judge(trace, nonce, deadline, kernel.name, disk)


def find_kernel(boot: Path) -> Path:
    """The kernel of the running system, else the newest in /boot."""
    running = boot / f"vmlinuz-{os.uname().release}"
    found = sorted(boot.glob("vmlinuz*"), key=lambda p: p.stat().st_mtime)
    if running.exists() or found:
        return running if running.exists() else found[-1]
    raise ToolFailed(f"no kernel in {boot} to boot a guest with", hint="apt-get install linux-image-amd64")


def command(kernel: Path, room: Path, memory: int, disk: bool) -> list[str]:
    """QEMU's command line: KVM and nothing else, no network, serial console into a file."""
    argv = [QEMU, "-nodefaults", "-no-user-config", "-accel", "kvm", "-machine", "q35", "-cpu", "host", "-smp", "1"]
    argv += ["-m", str(memory), "-display", "none", "-no-reboot", "-serial", f"file:{room / 'serial'}"]
    argv += ["-kernel", str(kernel), "-initrd", str(room / "initrd"), "-append", _OPTIONS]
    if disk:
        argv += ["-drive", f"file={room / 'disk'},if=none,format=raw,id=d", "-device", "virtio-blk-pci,drive=d"]
    return argv


def judge(trace: Trace, nonce: str, deadline: float, kernel: str, disk: bool) -> Guest:
    """The guest, or HardwareFault or ToolFailed with what its console said last. Pure."""
    last = (_lines(trace.serial) or ["nothing"])[-1][:200]
    if f"METALCTL-GUEST {nonce}" not in trace.serial:
        raise _dead(trace, deadline, last)
    if disk and "METALCTL-NODISK" not in trace.serial:
        _disk_works(trace, nonce, last)
    if trace.code is None:
        raise HardwareFault(f"the guest came up and did not end within {deadline:g} s; it said: {last}", hint=_HINT)
    if trace.code:
        raise ToolFailed(
            f"QEMU ended with {trace.code} after the guest came up: {_error(trace)}", hint="run it by hand"
        )
    return Guest(
        seconds=trace.seconds,
        hypervisor=_after(trace.serial, "METALCTL-CPU"),
        disk=None if not disk or "METALCTL-NODISK" in trace.serial else True,
        kernel=kernel,
    )


def _dead(trace: Trace, deadline: float, last: str) -> HardwareFault | ToolFailed:
    if trace.code is None:
        said = f"its console last said: {last}"
        return HardwareFault(f"a KVM guest did not come up within {deadline:g} s; {said}", hint=_HINT)
    error = _error(trace)
    if any(word in trace.stderr.lower() for word in _NO_KVM):
        return HardwareFault(f"QEMU cannot use KVM: {error}", hint=_HINT)
    if trace.code:
        return ToolFailed(f"QEMU ended with {trace.code}: {error}", hint="run QEMU by hand")
    return ToolFailed(f"the guest ended before its init ran; its console last said: {last}", hint="boot it by hand")


def _error(trace: Trace) -> str:
    return (_lines(trace.stderr) or ["it said nothing"])[-1][:300]


def _disk_works(trace: Trace, nonce: str, last: str) -> None:
    if trace.code is None:
        raise HardwareFault(f"the guest came up and hung in virtio I/O; its console last said: {last}", hint=_HINT)
    if _after(trace.serial, "METALCTL-READ") != nonce:
        raise HardwareFault("the guest read from its disk what was not on it", hint="test the memory")
    if f"METALCTL-WROTE {nonce}".encode() not in trace.sector:
        raise HardwareFault("what the guest wrote to its disk did not arrive", hint="test the memory")


def _run(argv: list[str], room: Path, deadline: float) -> Trace:
    began = time.monotonic()
    process = tool.start(argv)
    code: int | None = None
    stderr = ""
    try:
        stderr = process.communicate(timeout=deadline)[1]
        code = process.returncode
    except subprocess.TimeoutExpired:
        pass  # code stays None: that is the finding
    finally:
        tool.end(process)
    serial = room / "serial"
    text = serial.read_text(errors="replace") if serial.exists() else ""
    sector = (room / "disk").read_bytes()[initramfs.SECTOR : 2 * initramfs.SECTOR]
    return Trace(code, text.replace("\r", ""), stderr, sector, time.monotonic() - began)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _after(serial: str, word: str) -> str:
    return next((x.removeprefix(word).strip() for x in _lines(serial) if x.startswith(word)), "")
