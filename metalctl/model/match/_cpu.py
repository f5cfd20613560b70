"""Processors: counts, threads, virtualization, IOMMU, and whether all are of one make.

One cause gives one finding: where virtualization is off, `cpu.kvm` is a SKIP that says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from metalctl.model.finding import Finding, Fru
from metalctl.model.frus import fru
from metalctl.model.inventory import Cpu, Inventory, Package
from metalctl.model.match._asked import Asked, switch
from metalctl.model.match._lists import reason
from metalctl.model.match._words import fixed, plain, written
from metalctl.model.profile import CpuRequirement, Range
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
_SOCKET = "seat or replace the missing processor"
_CORES = "seat or replace the processor; if it is seated, enable all cores in firmware setup, or use another profile"
_THREADS = "enable Hyper-Threading or SMT in firmware setup: there is one thread a core"
_MORE = "the machine has more than the profile allows: use another profile"
_SMT = "turn Hyper-Threading or SMT {} in firmware setup and inspect again"
_IOMMU = "turn the IOMMU (VT-d or AMD-Vi) {} in firmware setup and inspect again"
_MICROCODE = "update the firmware, which brings the microcode along; else fit processors of one stepping"
_KVM = {
    True: ("/dev/kvm opens", "enable virtualization in firmware setup and check that the kvm module loads"),
    False: ("/dev/kvm does not open", "disable virtualization in firmware setup"),
}


def findings(inventory: Inventory, need: CpuRequirement) -> Iterator[Finding]:
    """One finding for each thing asked of the processors."""
    cpu = inventory.cpu
    smt_off = cpu.threads is not None and cpu.threads == cpu.cores
    yield from _counted(inventory, "sockets", need.sockets, cpu.sockets, _SOCKET)
    yield from _counted(inventory, "cores", need.cores, cpu.cores, _CORES)
    yield from _counted(inventory, "threads", need.threads, cpu.threads, _THREADS if smt_off else _CORES)
    if need.smt is not None:
        yield switch(inventory, "cpu.smt", need.smt, _smt(cpu), _SMT, cpu.model)
    if need.uniform:
        yield from _alike(inventory)
    if need.models:
        good = fits(cpu.model, need.models) if cpu.model else None
        asked = Asked(inventory, "cpu.model", " or ".join(need.models))
        yield asked.judged(good, cpu.model, "fit that model, or use another")
    if need.virtualization:
        yield _virtualization(inventory, need.virtualization)
    if need.kvm is not None:
        yield _kvm(inventory, need.kvm, bool(need.virtualization))
    if need.iommu is not None:
        yield switch(inventory, "cpu.iommu", need.iommu, cpu.iommu, _IOMMU)


def _counted(
    inventory: Inventory, what: str, bounds: Range | None, value: int | None, remedy: str
) -> Iterator[Finding]:
    if bounds is None:
        return
    asked = Asked(inventory, f"cpu.{what}", f"{written(bounds)} {what}")
    if value is None or value < 1:
        yield asked.unknown()
        return
    got = f"{plain(value)} {what}"
    # Processors that are offline are not counted: fewer than asked may be the kernel's doing.
    short = bounds.low is not None and value < bounds.low
    if short and (why := asked.why or reason(inventory, "cpu.offline")):
        yield asked.unsure(got, fixed(why))
        return
    over = bounds.high is not None and value > bounds.high
    yield asked.judged(bounds.holds(value), got, _MORE if over else remedy, inventory.cpu.model)


def _smt(cpu: Cpu) -> bool | None:
    """Whether cores run more than one thread, None when nobody states it."""
    if cpu.smt is not None or cpu.threads is None or cpu.cores is None:
        return cpu.smt
    return cpu.threads > cpu.cores


def _alike(inventory: Inventory) -> Iterator[Finding]:
    """One microcode and one model in all sockets."""
    cpu, packages = inventory.cpu, inventory.cpu.packages
    asked = Asked(inventory, "cpu.microcode", "one microcode in all sockets")
    codes = sorted({p.microcode for p in packages if p.microcode} | set(cpu.microcode))
    good = None if not codes or (len(codes) == 1 and asked.why) else len(codes) == 1
    part = "" if good else ", ".join(f"{p.socket} {p.microcode}".strip() for p in packages)
    yield asked.judged(good, ", ".join(codes), _MICROCODE, part, _odd(packages, [p.microcode for p in packages]))
    asked = Asked(inventory, "cpu.packages", "one model in all sockets")
    models = [f"{p.model} with {p.cores} cores" if p.model else "" for p in packages]
    makes = sorted(set(models) - {""})
    if codes and len(makes) < 2 and cpu.sockets != 1 and _silent(cpu):
        yield asked.unknown(fact="cpu.packages.model")
    elif makes:
        good = len(makes) == 1
        part = "" if good else ", ".join(f"{p.socket} {p.model}".strip() for p in packages)
        remedy = "fit the same processor in every socket"
        yield asked.judged(good, ", ".join(makes), remedy, part, _odd(packages, models))


def _silent(cpu: Cpu) -> bool:
    """Whether not every processor states its model."""
    return len([p for p in cpu.packages if p.model]) < max(len(cpu.packages), cpu.sockets or 2)


def _odd(packages: tuple[Package, ...], makes: list[str]) -> list[Fru]:
    """The processors that are not like most; none where there is no majority to be like."""
    stated = Counter(make for make in makes if make).most_common(2)
    if len(stated) < 2 or stated[0][1] == stated[1][1]:
        return []
    return [fru(p) for p, make in zip(packages, makes, strict=True) if make and make != stated[0][0]]


def _called(flag: str) -> str:
    return _SETTINGS[flag][0] if flag in _SETTINGS else flag


def _virtualization(inventory: Inventory, wanted: tuple[str, ...]) -> Finding:
    cpu, asked = inventory.cpu, Asked(inventory, "cpu.virtualization", " or ".join(map(_called, wanted)))
    if cpu.virtualization and not cpu.firmware_locked:
        name = _called(cpu.virtualization)
        wrong = f"the processor offers {name}: this profile wants {asked.expected}; use a machine or a profile of that "
        return asked.judged(cpu.virtualization in wanted, name, f"{wrong}make", cpu.model)
    off = "locked off by the firmware" if cpu.firmware_locked else "off"
    return asked.judged(None if cpu.virtualization is None else False, off, _enable(cpu, wanted), cpu.model)


def _enable(cpu: Cpu, wanted: tuple[str, ...]) -> str:
    own = _FLAG_OF_VENDOR.get(cpu.vendor.lower())
    flags = (own,) if own else wanted
    off = " and ".join(_SETTINGS[f][0] for f in flags if f in _SETTINGS)
    setting = " or ".join(_SETTINGS[f][1] for f in flags if f in _SETTINGS)
    return f"{off} {'is' if len(flags) == 1 else 'are'} off: enable {setting} in firmware setup and inspect again"


def _kvm(inventory: Inventory, wanted: bool, explained: bool) -> Finding:
    """explained: virtualization is asked too, and where it is off its finding says so."""
    cpu, (expected, remedy) = inventory.cpu, _KVM[wanted]
    asked = Asked(inventory, "cpu.kvm", expected)
    if wanted and explained and (cpu.virtualization == "" or cpu.firmware_locked):
        return asked.skipped("not asked: virtualization is off, see cpu.virtualization")
    why = f" ({cpu.kvm_reason})" if cpu.kvm_reason else ""
    got = "opens" if cpu.kvm else f"does not open{why}"
    return asked.judged(None if cpu.kvm is None else cpu.kvm == wanted, got, remedy, cpu.model)
