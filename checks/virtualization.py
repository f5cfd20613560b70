"""Virtualization: the CPU flag, /dev/kvm opens, and the kernel makes a virtual machine with a CPU in it.

Profile:
    checks:
      virtualization: {}
The flag alone proves nothing: firmware can lock the feature and still show it. `kvm-guest` goes on to boot a guest.
Leaves: the flag and the version of the KVM interface.
Source: Linux Documentation/virt/kvm/api.rst; the kernel's kvm_amd and kvm_intel say "not supported" when locked.
"""

from __future__ import annotations

from pathlib import Path

from metalctl.model.inventory import Inventory
from metalctl.node import kvm
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check


@check(
    component="cpu",
    estimate="3 s",
    needs=("modprobe",),
    remedy="switch virtualization (VT-x, AMD-V/SVM) on in the firmware set-up, then power-cycle the node",
)
def test_virtualization(machine: Inventory, sysroot: Path, evidence: dict[str, object]) -> None:
    flag = machine.cpu.virtualization
    if flag is None:
        raise ToolFailed("the CPU flags could not be read", hint="look at /proc/cpuinfo")
    assert flag, "the CPU shows neither the vmx nor the svm flag"
    device = sysroot / "dev/kvm"
    kvm.load(flag, device)
    evidence.update(flag=flag, kvm_api=kvm.probe(device))
