"""/dev/kvm: load the module, open it, ask for a VM and a virtual CPU."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from metalctl.node import tool
from metalctl.node.errors import HardwareFault, ToolFailed

_GET_API_VERSION, _CREATE_VM, _CREATE_VCPU = 0xAE00, 0xAE01, 0xAE41
_MODULES = {"amd-v": "kvm_amd", "vt-x": "kvm_intel"}
_LOCKED = ("operation not supported", "input/output error", "no such device")
_FIRMWARE = "switch virtualization (VT-x, AMD-V/SVM) on in the firmware set-up, then power-cycle the node"

Ioctl = Callable[[int, int, int], int]


def load(flag: str, kvm: Path = Path("/dev/kvm")) -> None:
    """Load the KVM module of the CPU unless the device is there; HardwareFault when the firmware has locked it."""
    if kvm.exists():
        return
    answer = tool.run(["modprobe", _MODULES[flag]], 30)
    if answer.code and any(word in answer.err.lower() for word in _LOCKED):
        raise HardwareFault(f"the firmware keeps {flag} locked: {answer.err.strip()}", hint=_FIRMWARE)
    answer.require()


def probe(kvm: Path = Path("/dev/kvm"), ioctl: Ioctl = fcntl.ioctl) -> int:
    """The API version, after a VM with one CPU was made and closed again; HardwareFault when that cannot be done."""
    try:
        device = os.open(kvm, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError as denied:
        raise ToolFailed(f"{kvm} may not be opened: {denied.strerror}", hint="run as root") from denied
    except OSError as failed:
        raise HardwareFault(f"{kvm} cannot be opened: {failed.strerror}", hint=_FIRMWARE) from failed
    opened = [device]
    try:
        version = ioctl(device, _GET_API_VERSION, 0)
        opened.append(ioctl(device, _CREATE_VM, 0))
        opened.append(ioctl(opened[-1], _CREATE_VCPU, 0))
        return version
    except OSError as failed:
        raise HardwareFault(f"{kvm} cannot make a virtual machine: {failed.strerror}", hint=_FIRMWARE) from failed
    finally:
        for fd in reversed(opened):
            os.close(fd)
