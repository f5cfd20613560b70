"""An inventory as a person reads it: sections of rows (`sections`, pure), and their printing (`show`).

Strings come from firmware and drives: they are printed as plain text, without markup or control characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import click

from metalctl.cli._disk_health import health
from metalctl.cli._findings import plain as plain
from metalctl.cli._layout import paint, records
from metalctl.model.inventory import Disk, Inventory, Nic, PcieLink, Sensor
from metalctl.model.units import format_capacity, format_rate, format_size

Row = tuple[str, ...]
_LOG_LINES = 20
_CLOCK = 5.0  # s; less is the time that asking took


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; every row has as many cells as there are columns."""

    title: str
    columns: Row
    rows: tuple[Row, ...]


def sections(taken: Inventory) -> list[Section]:
    """Every section that has something to say; what could not be read comes last."""
    found = [
        Section("Machine", ("fact", "value"), tuple(_machine(taken))),
        Section("Processors", ("fact", "value"), tuple(_processors(taken))),
        Section("Memory", ("slot", "size", "type", "speed", "rank", "part", "serial", "errors"), tuple(_dimms(taken))),
        Section(
            "Disks",
            ("name", "kind", "size", "serial", "model", "firmware", "where", "link", "health"),
            tuple(_disk(d) for d in taken.disks),
        ),
        Section(
            "Disks behind RAID controllers",
            ("reached as", "kind", "size", "serial", "model", "firmware", "where", "link", "health"),
            tuple(_disk(d) for d in taken.raid_disks),
        ),
        Section("Controllers", ("name", "model", "firmware", "serial", "PCI", "mode"), tuple(_controllers(taken))),
        Section("Volumes", ("name", "level", "size", "health", "disks"), tuple(_volumes(taken))),
        Section(
            "Ports",
            ("name", "MAC", "link", "speed", "can do", "model", "firmware", "PCI", "neighbour"),
            tuple(_nic(n) for n in taken.nics),
        ),
        Section("Bonds", ("name", "mode", "speed", "members", "partner"), tuple(_bonds(taken))),
        Section("PCIe devices", ("address", "kind", "device", "slot", "driver", "link", "group"), tuple(_pcie(taken))),
        Section("Power supplies", ("bay", "state", "watts", "model", "serial"), tuple(_supplies(taken))),
        Section("Sensors", ("name", "value", "health"), tuple(_sensors(taken.sensors))),
        Section("Event log", ("at", "severity", "message"), tuple(_log(taken))),
        Section("Firmware", ("part", "version", "date"), tuple(_firmware(taken))),
        Section("Not read", ("fact", "reason"), tuple((u.fact, u.reason) for u in taken.unreadable)),
    ]
    return [s for s in found if s.rows]


def show(taken: Inventory, *, root: bool = True) -> None:
    """Print the page. root: whether it was read with root's rights; else it says that more can be read."""
    for section in sections(taken):
        rows = [tuple(cell.strip() for cell in row) for row in section.rows]
        click.echo("\n".join([paint(section.title, None, bold=True), *records(section.columns, rows), ""]))
    if taken.unreadable and not root:
        click.echo("Run it as root to read more.")


def _machine(taken: Inventory) -> Iterator[Row]:
    who, tpm = taken.identity, taken.tpm
    emulated = " (emulated: not real hardware)" if taken.emulated else ""
    facts = {
        "machine": " ".join(w for w in (who.manufacturer, who.product) if w) + emulated,
        "serial": who.serial,
        "chassis serial": who.chassis_serial,
        "UUID": who.uuid,
        "system": " ".join(w for w in (taken.os, taken.kernel and f"Linux {taken.kernel}") if w),
        "boot": taken.boot_mode,
        "Secure Boot": _yes(taken.secure_boot, "on", "off"),
        "TPM": "" if tpm is None else (f"{tpm.version} {tpm.vendor}".strip() or "yes") if tpm.present else "none",
        "BMC": _bmc(taken),
    }
    return ((fact, value) for fact, value in facts.items() if value.strip())


def _bmc(taken: Inventory) -> str:
    manager = taken.manager
    if manager is None:
        return taken.bmc_address
    off = manager.clock_offset
    clock = f"its clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}" if off and abs(off) > _CLOCK else ""
    words = (taken.bmc_address or manager.address, manager.model, manager.firmware, clock)
    return ", ".join(w for w in words if w)


def _processors(taken: Inventory) -> Iterator[Row]:
    cpu = taken.cpu
    speed = [f"{mhz / 1000:g} GHz {what}" for mhz, what in ((cpu.base_mhz, "base"), (cpu.max_mhz, "at most")) if mhz]
    facts = {
        "model": cpu.model,
        "count": f"{_count(cpu.sockets, 'socket')}, {_count(cpu.cores, 'core')}, {_count(cpu.threads, 'thread')}",
        "threads of a core": _yes(cpu.smt, "several (SMT on)", "one (SMT off)"),
        "frequency": ", ".join(speed),
        "virtualization": cpu.virtualization or ("no flag" if cpu.virtualization == "" else ""),
        "locked by firmware": _yes(cpu.firmware_locked, "YES", "no"),
        "/dev/kvm": _yes(cpu.kvm, "works", cpu.kvm_reason or "no"),
        "IOMMU": _yes(cpu.iommu, "on", "off"),
        "microcode": ", ".join(cpu.microcode),
        "caches": ", ".join(f"{c.count or 1} × L{c.level} {c.kind} {format_size(c.size)}" for c in cpu.caches),
    }
    yield from ((fact, value) for fact, value in facts.items() if value)
    for p in cpu.packages:
        yield f"socket {p.socket}", " ".join(w for w in (p.model, p.microcode, p.serial) if w)
    for n in taken.numa:
        yield f"NUMA node {n.node}", f"CPUs {n.cpus or 'none'}, {format_size(n.memory) if n.memory else 'no memory'}"


def _dimms(taken: Inventory) -> Iterator[Row]:
    memory = taken.memory
    if memory.total:
        ecc = _yes(memory.ecc, "ECC", "no ECC") or "ECC not stated"
        yield "in all", format_size(memory.total), ecc, "", "", "", "", ""
    for d in memory.dimms:
        if not d.size:
            yield d.slot, "empty", "", "", "", "", "", ""
            continue
        runs = d.configured_mts or d.speed_mts
        rated = f" (rated {d.speed_mts})" if d.speed_mts and d.speed_mts != runs else ""
        speed = f"{runs} MT/s{rated}" if runs else ""
        counts = (("corrected", d.corrected), ("uncorrected", d.uncorrected))
        errors = ", ".join(f"{count} {name}" for name, count in counts if count)
        kind = " ".join(w for w in (d.type, d.technology and f"({d.technology})") if w)
        yield d.slot, format_size(d.size), kind, speed, str(d.rank or ""), d.part_number, d.serial, errors


def _disk(d: Disk) -> Row:
    where = d.slot or d.by_path.removeprefix("/dev/disk/by-path/") or d.pci
    size = format_capacity(d.size) if d.size else "?"
    return d.name, d.kind, size, d.serial or "?", d.model, d.firmware, where, _link(d.link), health(d.health)


def _link(link: PcieLink | None) -> str:
    """ "16 GT/s ×4", with what it could do when that is more."""
    if link is None or (link.speed is None and link.width is None):
        return ""
    now = f"{_number(link.speed)} GT/s ×{_number(link.width)}"
    best = f"{_number(link.max_speed)} GT/s ×{_number(link.max_width)}"
    return now if best in (now, "? GT/s ×?") else f"{now} of {best}"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _controllers(taken: Inventory) -> Iterator[Row]:
    return ((c.name, f"{c.vendor} {c.model}".strip(), c.firmware, c.serial, c.pci, c.mode) for c in taken.controllers)


def _volumes(taken: Inventory) -> Iterator[Row]:
    for v in taken.volumes:
        yield v.name, v.level, format_size(v.size) if v.size else "?", v.health, ", ".join(v.members)


def _nic(n: Nic) -> Row:
    speed = " ".join(w for w in (format_rate(n.speed) if n.speed else "?", n.fec and f"FEC {n.fec}") if w)
    other = n.several or str(n.neighbour or "")
    can = ", ".join(format_rate(s) for s in n.supported)
    where = " ".join(w for w in (n.slot, n.pci, _link(n.link_pcie)) if w)
    return n.name, n.mac, _yes(n.link, "up", "down") or "?", speed, can, n.model or n.driver, n.firmware, where, other


def _bonds(taken: Inventory) -> Iterator[Row]:
    for b in taken.bonds:
        yield b.name, b.mode, format_rate(b.speed) if b.speed else "?", ", ".join(b.members), b.partner_mac


def _pcie(taken: Inventory) -> Iterator[Row]:
    for d in taken.pcie:
        group = "" if d.iommu_group is None else str(d.iommu_group)
        yield d.address, d.kind, f"{d.vendor} {d.model}".strip(), d.slot, d.driver, _link(d.link), group


def _supplies(taken: Inventory) -> Iterator[Row]:
    for p in taken.power_supplies:
        state = "empty" if p.present is False else p.health or "not stated"
        yield p.slot, state, f"{p.capacity:g}" if p.capacity else "", p.model, p.serial


def _firmware(taken: Inventory) -> Iterator[Row]:
    return ((f.component, f"{f.version} ({f.state})" if f.state else f.version, f.date) for f in taken.firmware)


def _sensors(found: Iterable[Sensor]) -> Iterator[Row]:
    """Readings, and what is not in order; those that only say "ok" (a server has dozens) are one line."""
    silent = 0
    for s in found:
        if s.value is None and s.health == "ok":
            silent += 1
        else:
            yield s.name, "?" if s.value is None else f"{s.value:.6g} {s.unit}", s.health
    if silent:
        yield f"{silent} without a reading", "", "ok"


def _log(taken: Inventory) -> Iterator[Row]:
    """What the event log holds that is not in order, the newest of it."""
    bad = [e for e in taken.log if e.severity in ("warning", "critical")]
    return ((e.at, e.severity, e.message) for e in bad[-_LOG_LINES:])


def _yes(value: bool | None, yes: str, no: str) -> str:
    return "" if value is None else yes if value else no


def _count(number: int | None, noun: str) -> str:
    return f"{'?' if number is None else number} {noun}{'' if number == 1 else 's'}"
