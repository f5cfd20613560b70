"""Processors: counts, virtualization, IOMMU."""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match._verdicts import judged, plain, unknown, written
from metalctl.model.profile import CpuRequirement, Range

# What the setting is called in most firmware setups, by the flag that the processor would show.
_SETTINGS = {
    "amd-v": ("AMD-V", "SVM Mode"),
    "vt-x": ("VT-x", "Intel Virtualization Technology"),
}
_FLAG_OF_VENDOR = {
    "authenticamd": "amd-v",
    "genuineintel": "vt-x",
    "hygongenuine": "amd-v",
    "amd": "amd-v",
    "intel": "vt-x",
}


def findings(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    """One finding for each thing asked of the processors."""
    cpu = inventory.cpu
    missing = (
        "seat or replace the processor; if it is seated, enable all cores in firmware setup, or use another profile"
    )
    yield from _counted(inventory, "sockets", need.sockets, cpu.sockets, "seat or replace the missing processor")
    yield from _counted(inventory, "cores", need.cores, cpu.cores, missing)
    smt_off = cpu.threads is not None and cpu.threads == cpu.cores
    enable = "enable Hyper-Threading or SMT in firmware setup: there is one thread a core"
    yield from _counted(inventory, "threads", need.threads, cpu.threads, enable if smt_off else missing)
    yield from _virtualization(inventory, need)
    yield from _kvm(inventory, need)
    yield from _iommu(inventory, need)


def _counted(
    inventory: Inventory, what: str, bounds: Range | None, value: int | None, remedy: str
) -> Iterator[Finding]:
    if bounds is None:
        return
    fact, expected = f"cpu.{what}", f"{written(bounds)} {what}"
    if value is None:
        yield unknown(inventory, fact, expected, fact)
        return
    if bounds.high is not None and value > bounds.high:
        remedy = "the machine has more than the profile allows: use another profile"
    yield judged(inventory, fact, bounds.holds(value), expected, f"{plain(value)} {what}", remedy, inventory.cpu.model)


def _virtualization(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    if not need.virtualization:
        return
    fact, expected = "cpu.virtualization", " or ".join(_SETTINGS.get(f, (f, f))[0] for f in need.virtualization)
    flag = inventory.cpu.virtualization
    if flag is None:
        yield unknown(inventory, fact, expected, fact)
        return
    if flag:
        name = _SETTINGS.get(flag, (flag, flag))[0]
        wrong = f"the processor offers {name}: this profile wants {expected}; use a machine or a profile of that make"
        yield judged(inventory, fact, flag in need.virtualization, expected, name, wrong, inventory.cpu.model)
        return
    yield judged(inventory, fact, False, expected, "off", _enable(inventory, need), inventory.cpu.model)


def _enable(inventory: Inventory, need: CpuRequirement) -> str:
    own = _FLAG_OF_VENDOR.get(inventory.cpu.vendor.lower())
    flags = (own,) if own else need.virtualization
    off = " and ".join(_SETTINGS[f][0] for f in flags if f in _SETTINGS)
    setting = " or ".join(_SETTINGS[f][1] for f in flags if f in _SETTINGS)
    return f"{off} {'is' if len(flags) == 1 else 'are'} off: enable {setting} in firmware setup and inspect again"


def _kvm(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    if need.kvm is None:
        return
    expected = "/dev/kvm opens" if need.kvm else "/dev/kvm does not open"
    if inventory.cpu.kvm is None:
        yield unknown(inventory, "cpu.kvm", expected, "cpu.kvm")
        return
    why = f" ({inventory.cpu.kvm_reason})" if inventory.cpu.kvm_reason else ""
    got = "opens" if inventory.cpu.kvm else f"does not open{why}"
    remedy = (
        "enable virtualization in firmware setup and check that the kvm module loads"
        if need.kvm
        else "disable virtualization in firmware setup"
    )
    yield judged(inventory, "cpu.kvm", inventory.cpu.kvm == need.kvm, expected, got, remedy, inventory.cpu.model)


def _iommu(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    if need.iommu is None:
        return
    expected, on = "on" if need.iommu else "off", inventory.cpu.iommu
    if on is None:
        yield unknown(inventory, "cpu.iommu", expected, "cpu.iommu")
        return
    remedy = f"turn the IOMMU (VT-d or AMD-Vi) {expected} in firmware setup and inspect again"
    yield judged(inventory, "cpu.iommu", on == need.iommu, expected, "on" if on else "off", remedy)
