"""Whether the firmware has locked VT-x or AMD-V off, although the silicon has it.

Intel: IA32_FEATURE_CONTROL (0x3a) is locked (bit 0) without VMX outside SMX (bit 2). AMD: VM_CR (0xc0010114) has SVMDIS
(bit 4). Read from /dev/cpu/0/msr where the msr module is loaded; else the kernel's log says it, because then the kernel
takes the flag away. Sources: Intel SDM 4, AMD APM 2; arch/x86/kernel/cpu/feat_ctl.c, amd.c.
"""

from __future__ import annotations

import re

from metalctl.node.inspect.host import Host

_INTEL, _AMD = "GenuineIntel", ("AuthenticAMD", "HygonGenuine")
_FEATURE_CONTROL, _VM_CR = "3a", "c0010114"
_SAID = re.compile(
    r"VMX \(outside TXT\) disabled by BIOS|(kvm|kvm_intel|kvm_amd): (SVM |VMX )?(not supported by or )?disabled by bios"
    r"|SVM disabled \(?by BIOS\)?|VMX not enabled by BIOS",
    re.IGNORECASE,
)


def locked(host: Host, vendor: str, flag: str | None, kvm: bool | None) -> bool | None:
    """True: locked off; False: not; None with an unreadable fact: could not tell. flag: Cpu.virtualization."""
    if vendor != _INTEL and vendor not in _AMD:
        return None
    if flag and kvm:
        return False  # it is in use: nobody has locked it
    register = _FEATURE_CONTROL if vendor == _INTEL else _VM_CR
    read = host.probe("msr", f"0 {register}")
    if isinstance(value := read.get("value"), int):
        host.source("cpu.firmware_locked", f"/dev/cpu/0/msr 0x{register}")
        return from_register(vendor, value)
    log = host.probe("kernel-log")
    if _SAID.search(str(log.get("text", ""))):
        host.source("cpu.firmware_locked", "the kernel's log")
        return True
    reasons = [str(r) for r in (read.get("error"), log.get("error")) if r]
    reasons += [] if log.get("error") else ["the kernel's log does not say"]
    host.unreadable("cpu.firmware_locked", "; ".join(reasons))
    return None


def from_register(vendor: str, value: int) -> bool:
    if vendor == _INTEL:
        return bool(value & 1) and not value & 1 << 2
    return bool(value & 1 << 4)
