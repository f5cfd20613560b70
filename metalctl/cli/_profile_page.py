"""A profile as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.cli._layout import fold
from metalctl.model.health import COUNTS

if TYPE_CHECKING:
    from metalctl.model.profile import (
        CpuRequirement,
        DiskRequirement,
        HealthLimits,
        MemoryRequirement,
        Profile,
        Range,
        Requires,
    )
    from metalctl.model.watch import Limit, Watch

Row = tuple[str, str]


def page(found: Profile) -> str:
    """The whole profile."""
    lines = [f"{found.name}: {found.summary or found.role}", f"  role      {found.role}"]
    lines += _rows(requirements(found.requires), "  ")
    for variant in found.variants:
        lines.append(f"  when      {variant.vendor} {variant.model}".rstrip())
        inherited = set(requirements(found.requires))
        lines += _rows([row for row in requirements(variant.requires) if row not in inherited], "    ")
    lines += _rows([("errors", text) for text in _errors(found.errors)], "  ")
    lines += _rows([("waiver", f"{w.requirement} by {w.who} until {w.until}: {w.why}") for w in found.waivers], "  ")
    lines += _rows([("warning", name) for name in found.warnings], "  ")
    lines.append(f"  install   {found.install.os} on the disk with role {found.install.root_disk}")
    lines.append("  checks")
    for name, limits in found.checks.items():
        lines += fold(_limits(limits), f"    {name:<16}{_when(found, name):<18}", " " * 38)
    return "\n".join([*lines, f"  file      {found.file}", f"  digest    {found.digest}"])


def _rows(rows: list[Row], indent: str) -> list[str]:
    return [line for label, text in rows for line in fold(text, f"{indent}{label:<9} ")]


def requirements(needs: Requires) -> list[Row]:
    """Label and text of everything required."""
    rows = [("cpu", _cpu(needs.cpu)), ("memory", _memory(needs.memory))]
    rows += [("disks", _disk(disk)) for disk in needs.disks]
    rows.append(("disk health", _health(needs.disk_health)))
    for bond in needs.bonds:
        apart = [w for asked, w in ((bond.distinct_switches, "switches"), (bond.distinct_cards, "cards")) if asked]
        words = [f"{bond.members} ports{f' of {bond.speed.text}' if bond.speed else ''}", bond.mode, f"MTU {bond.mtu}"]
        rows.append(
            ("bond", f"{bond.name}: " + ", ".join([*words, *([f"distinct {' and '.join(apart)}"] if apart else [])]))
        )
    rows += [("ports", f"{nic.count.text} {nic.speed.text if nic.speed else ''}") for nic in needs.nics]
    secure = {True: "Secure Boot on", False: "Secure Boot off", None: ""}[needs.secure_boot]
    rows.append(("boot", ", ".join(w for w in (needs.boot_mode, secure, f"TPM {needs.tpm}" if needs.tpm else "") if w)))
    capacity = [f"{needs.power.capacity.text} each"] if needs.power.capacity else []
    rows.append(("power", ", ".join([*_ranges((needs.power.supplies, "power supplies")), *capacity])))
    clock = [f"clock at most {needs.bmc.clock:g} s off"] if needs.bmc.clock is not None else []
    rows.append(("bmc", ", ".join([*clock, *needs.bmc.models])))
    rows += [
        ("firmware", f"{what}: {', '.join(f'{model} {bound}' for model, bound in bounds.items())}")
        for what, bounds in needs.firmware.items()
    ]
    rows += [("setting", f"{name}: {' or '.join(values)}") for name, values in needs.settings.items()]
    rows += [("cable", f"{c.port} → {c.switch} {c.switch_port}") for c in needs.cabling]
    rows += [("site", f"{s.name}: {s.bounds.text if s.bounds else ' or '.join(s.words)}") for s in needs.site]
    return [(label, text) for label, text in rows if text]


def _ranges(*asked: tuple[Range | None, str]) -> list[str]:
    return [f"{bound.text} {what}".strip() for bound, what in asked if bound]


def _flags(*asked: tuple[bool | None, str]) -> list[str]:
    return [word if on else f"no {word}" for on, word in asked if on is not None]


def _cpu(cpu: CpuRequirement) -> str:
    words = _ranges((cpu.sockets, "sockets"), (cpu.cores, "cores"), (cpu.threads, "threads"))
    words += [" or ".join(cpu.virtualization)] if cpu.virtualization else []
    words += _flags((cpu.kvm, "kvm"), (cpu.iommu, "iommu"), (cpu.smt, "SMT"), (cpu.uniform, "uniform"))
    return ", ".join([*words, *cpu.models])


def _memory(memory: MemoryRequirement) -> str:
    words = _ranges((memory.total, ""), (memory.dimms, "DIMMs"), (memory.speed, ""))
    words += _flags((memory.balanced, "balanced"), (memory.channels, "channels alike"), (memory.ecc, "ECC"))
    return ", ".join(words)


def _disk(disk: DiskRequirement) -> str:
    size = f" of {disk.size.text}" if disk.size else ""
    words = _ranges((disk.endurance, ""), (disk.link_width, "lanes"), (disk.link_speed, ""), (disk.wear, "worn"))
    words += _flags(
        (disk.power_loss_protection, "power-loss protection"),
        (disk.full_link, "full link"),
        (disk.uniform, "uniform"),
        (disk.healthy, "healthy"),
    )
    kinds = " or ".join(disk.kind)
    return ", ".join([f"{disk.role}: {disk.count.text} × {kinds}{size}", *words, *disk.models])


def _errors(watch: Watch | None) -> list[str]:
    """Which sources of errors must be readable, and how many errors are let pass."""
    if watch is None:
        return []
    needs = [
        f"{thing}: {' and '.join([*([' or '.join(need.any)] if need.any else []), *need.all])}"
        for thing, need in watch.sources.items()
    ]
    return needs + [f"{kind}: {_let_pass(limit)}" for kind, limit in watch.limits.items()]


def _let_pass(limit: Limit) -> str:
    before = "" if limit.before is None else f"at most {limit.before:g} a day before a run"
    rise = "" if limit.rise is None else f"at most {limit.rise:g} during it"
    return ", ".join(w for w in (before, rise) if w)


def _health(limits: HealthLimits) -> str:
    """Only what it lets pass: that nothing may be counted is the rule."""
    words = [f"{name} {bounds.text}" for name in COUNTS if (bounds := getattr(limits, name)).holds(1)]
    return ", ".join([*words, *([f"worn at most {limits.wear.text}"] if limits.wear else [])])


def _when(found: Profile, name: str) -> str:
    parts = [word for names, word in ((found.burn_in, "burn-in"), (found.accept, "accept")) if name in names]
    return "+".join(parts) or "never"


def _limits(limits: dict[str, float | str | bool]) -> str:
    return "  ".join(
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in limits.items()
    )
