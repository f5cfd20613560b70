"""Processors: counts, threads, virtualization, IOMMU, and whether all are of one make.

One cause gives one finding: where virtualization is off, `cpu.kvm` is a SKIP that says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from metalctl.model.finding import Finding, Fru
from metalctl.model.inventory import Inventory, Package
from metalctl.model.match._frus import of_package
from metalctl.model.match._verdicts import judged, mend, plain, reason, source_of, unknown, written
from metalctl.model.profile import CpuRequirement, Range
from metalctl.model.verdict import Verdict
from metalctl.model.words import fits

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
    yield from _smt(inventory, need)
    yield from _alike(inventory, need)
    yield from _model(inventory, need)
    yield from _virtualization(inventory, need)
    yield from _kvm(inventory, need)
    yield from _iommu(inventory, need)


def _counted(
    inventory: Inventory, what: str, bounds: Range | None, value: int | None, remedy: str
) -> Iterator[Finding]:
    if bounds is None:
        return
    fact, expected = f"cpu.{what}", f"{written(bounds)} {what}"
    if value is None or value < 1:
        yield unknown(inventory, fact, expected, fact)
        return
    # Processors that are offline are not counted: fewer than asked may be the kernel's doing.
    short = bounds.low is not None and value < bounds.low
    if short and (why := reason(inventory, fact) or reason(inventory, "cpu.offline")):
        yield replace(unknown(inventory, fact, expected, fact), got=f"{plain(value)} {what}", remedy=mend(why))
        return
    if bounds.high is not None and value > bounds.high:
        remedy = "the machine has more than the profile allows: use another profile"
    yield judged(inventory, fact, bounds.holds(value), expected, f"{plain(value)} {what}", remedy, inventory.cpu.model)


def _smt(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    if need.smt is None:
        return
    cpu, expected = inventory.cpu, "on" if need.smt else "off"
    known = cpu.threads is not None and cpu.cores is not None
    on = cpu.smt if cpu.smt is not None else (cpu.threads or 0) > (cpu.cores or 0) if known else None
    if on is None:
        yield unknown(inventory, "cpu.smt", expected, "cpu.smt")
        return
    remedy = f"turn Hyper-Threading or SMT {expected} in firmware setup and inspect again"
    yield judged(inventory, "cpu.smt", on == need.smt, expected, "on" if on else "off", remedy, cpu.model)


def _alike(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    """One microcode and one model in all sockets."""
    if not need.uniform:
        return
    cpu, expected = inventory.cpu, "one microcode in all sockets"
    codes = sorted({p.microcode for p in cpu.packages if p.microcode} | set(cpu.microcode))
    if not codes or (len(codes) == 1 and reason(inventory, "cpu.microcode")):
        yield unknown(inventory, "cpu.microcode", expected, "cpu.microcode")
    else:
        part = ", ".join(f"{p.socket} {p.microcode}".strip() for p in cpu.packages) if len(codes) > 1 else ""
        remedy = "update the firmware, which brings the microcode along; else fit processors of one stepping"
        odd = _odd(cpu.packages, [p.microcode for p in cpu.packages])
        yield judged(inventory, "cpu.microcode", len(codes) == 1, expected, ", ".join(codes), remedy, part, frus=odd)
    makes = sorted({f"{p.model} with {p.cores} cores" for p in cpu.packages if p.model})
    if codes and len(makes) < 2 and cpu.sockets != 1 and _silent(inventory):
        yield unknown(inventory, "cpu.packages", "one model in all sockets", "cpu.packages.model")
    elif makes:
        remedy = "fit the same processor in every socket"
        odd = _odd(cpu.packages, [f"{p.model} with {p.cores} cores" if p.model else "" for p in cpu.packages])
        one, got = "one model in all sockets", ", ".join(makes)
        part = ", ".join(f"{p.socket} {p.model}".strip() for p in cpu.packages) if len(makes) > 1 else ""
        yield judged(inventory, "cpu.packages", len(makes) == 1, one, got, remedy, part, frus=odd)


def _silent(inventory: Inventory) -> bool:
    """Whether not every processor states its model."""
    stated = [p for p in inventory.cpu.packages if p.model]
    return len(stated) < max(len(inventory.cpu.packages), inventory.cpu.sockets or 2)


def _odd(packages: tuple[Package, ...], makes: list[str]) -> list[Fru]:
    """The processors that are not like most; none where there is no majority to be like."""
    stated = Counter(make for make in makes if make).most_common(2)
    if len(stated) < 2 or stated[0][1] == stated[1][1]:
        return []
    return [of_package(p) for p, make in zip(packages, makes, strict=True) if make and make != stated[0][0]]


def _model(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    if not need.models:
        return
    expected, got = " or ".join(need.models), inventory.cpu.model
    if not got:
        yield unknown(inventory, "cpu.model", expected, "cpu.model")
        return
    yield judged(inventory, "cpu.model", fits(got, need.models), expected, got, "fit that model, or use another")


def _virtualization(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    if not need.virtualization:
        return
    fact, expected = "cpu.virtualization", " or ".join(_SETTINGS.get(f, (f, f))[0] for f in need.virtualization)
    flag = inventory.cpu.virtualization
    if flag is None:
        yield unknown(inventory, fact, expected, fact)
        return
    if inventory.cpu.firmware_locked:
        got = "locked off by the firmware"
        yield judged(inventory, fact, False, expected, got, _enable(inventory, need), inventory.cpu.model)
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
    if need.kvm and need.virtualization and (inventory.cpu.virtualization == "" or inventory.cpu.firmware_locked):
        got, where = "not asked: virtualization is off, see cpu.virtualization", source_of(inventory, "cpu.kvm")
        yield Finding("cpu.kvm", Verdict.SKIP, expected, got, source=where)
        return
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
