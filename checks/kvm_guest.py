"""KVM guest: a virtual machine really boots with `-accel kvm` only, and reads and writes a virtio disk.

Profile:
    checks:
      kvm-guest: {max_boot: 60 s}
Limits: max_boot is the deadline; a guest that is not up by then is a FAIL, because a hypervisor below that offers
/dev/kvm and then spins for ever looks just so.
Leaves: boot_time (QEMU's start to power-off), what hypervisor the guest saw, whether the virtio disk was tried.
Source: the running system's own kernel, with an initramfs of busybox made here. It never falls back to emulation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metalctl.node import kvm
from metalctl.node.plugin import check


@check(
    component="cpu",
    estimate="10 s",
    needs=("qemu-system-x86_64", "busybox"),
    timeout=600,
    limits={"max_boot": 60.0},
    remedy="switch virtualization on in the firmware set-up; where the node is itself a guest, fix the host",
)
def test_kvm_guest(sysroot: Path, limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    guest = kvm.boot(deadline=limits.max_boot, root=sysroot)
    evidence.update(kernel=guest.kernel, hypervisor=guest.hypervisor, virtio_disk=guest.disk or "not tried")
    measure("boot_time", guest.seconds, unit="s", at_most=limits.max_boot)
