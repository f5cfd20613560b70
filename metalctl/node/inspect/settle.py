"""Waiting for udev: drivers are loaded as devices appear, and on a slow or large machine disks, ports and /dev/kvm come
after the phone-home.

Where the wait fails or hangs, what udev could still have added is doubted: the lists have an unreadable fact, so that
what is missing from them is UNKNOWN and not a fault of the hardware, and a /dev/kvm that is not there is not stated.
"""

from __future__ import annotations

from dataclasses import replace

from metalctl.model.inventory import Cpu
from metalctl.node.inspect.host import Host

_UDEV = "/run/udev/control"  # udevd's socket: without it nothing is pending, and nothing to wait for
_WAIT = 60
_DOUBTED = ("disks", "nics", "controllers")


def wait(host: Host) -> str:
    """Wait for at most 60 s; why udev was not done then, "" when it was, or where no udevd runs."""
    if not host.exists(_UDEV):
        return ""
    failed = host.failure("udevadm", "settle", f"--timeout={_WAIT}", timeout=_WAIT + 10)
    if not failed:
        return ""
    reason = f"devices may still have been appearing: {failed}"
    for fact in _DOUBTED:
        host.unreadable(fact, reason)
    return reason


def doubted(host: Host, cpu: Cpu, pending: str) -> Cpu:
    """The processors; with something pending, a /dev/kvm that does not open is not stated, for that reason."""
    if not pending or cpu.kvm is not False:
        return cpu
    host.unreadable("cpu.kvm", pending)
    return replace(cpu, kvm=None)
