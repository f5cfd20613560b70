"""What golden machines have in common, as the `requires` of a profile: plain values, named as in the YAML.

Counts are exact where all machines agree, else a range; sizes get the tolerance on both sides; what not every machine
states is left out. Only what is read is written: nothing is guessed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from metalctl.model import population
from metalctl.model.health import judged
from metalctl.model.inventory import Disk, Inventory, Nic
from metalctl.model.profile import HealthLimits
from metalctl.model.units import format_rate

Machines = list[Inventory]
Fact = Callable[[Inventory], Any]
GB, GIB = 10**9, 2**30


def requires(machines: Machines, role: str, tolerance: float) -> dict[str, Any]:
    """The tree under `requires`; keys that not every machine states are absent."""
    found = {
        "cpu": _cpu(machines),
        "memory": _memory(machines, tolerance),
        "disks": disks(machines, role, tolerance),
        "network": _network(machines),
        "boot_mode": _same(machines, lambda m: m.boot_mode or None),
        "secure_boot": _same(machines, lambda m: m.secure_boot),
        "tpm": _same(machines, lambda m: m.tpm.version if m.tpm and m.tpm.present and m.tpm.version else None),
        "power": _power(machines, tolerance),
        "firmware": _firmware(machines),
    }
    return {key: value for key, value in found.items() if value not in (None, {}, [])}


def _same(machines: Machines, fact: Fact) -> Any:
    """The value that all machines state alike, else None."""
    values = [fact(m) for m in machines]
    return values[0] if all(v == values[0] for v in values) else None


def _count(machines: Machines, fact: Fact) -> str | None:
    values = [fact(m) for m in machines]
    if any(v is None for v in values):
        return None
    return _between(min(values), max(values))


def _between(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}..{high}"


def _tidy(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if value not in (None, "", [], ())}


def _true(machines: Machines, fact: Fact) -> bool | None:
    """True where all state it; what is false is no virtue to ask for."""
    return True if _same(machines, fact) is True else None


def _cpu(machines: Machines) -> dict[str, Any]:
    return _tidy(
        {
            "sockets": _count(machines, lambda m: m.cpu.sockets),
            "cores": _count(machines, lambda m: m.cpu.cores),
            "threads": _count(machines, lambda m: m.cpu.threads),
            "models": sorted({_literal(m.cpu.model) for m in machines}) if all(m.cpu.model for m in machines) else [],
            "virtualization": _same(machines, lambda m: m.cpu.virtualization or None),
            "kvm": _true(machines, lambda m: m.cpu.kvm),
            "iommu": _true(machines, lambda m: m.cpu.iommu),
            "smt": _true(machines, lambda m: m.cpu.smt),
            "uniform": _true(machines, lambda m: len(m.cpu.microcode) == 1),
        }
    )


def _literal(text: str) -> str:
    """The text as a pattern that fits itself: what would be a pattern's sign stands for any character."""
    return "".join("?" if c in "[*" else c for c in text)


def _memory(machines: Machines, tolerance: float) -> dict[str, Any]:
    sizes, counts = [m.memory.installed for m in machines], [len(m.memory.modules) for m in machines]
    speeds = [d.configured_mts for m in machines for d in m.memory.modules]
    if all(sizes):
        total = f"{min(sizes) / GIB:.12g} GiB" + (f"..{max(sizes) / GIB:.12g} GiB" if len(set(sizes)) > 1 else "")
        dimms: str | None = _between(min(counts), max(counts))
    else:
        totals = [m.memory.total for m in machines]
        known = [t for t in totals if t is not None]
        total = f">= {min(known) * (1 - tolerance) / GIB:.6g} GiB" if len(known) == len(totals) else ""
        dimms = None
    stated = all(speeds) and speeds
    return _tidy(
        {
            "total": total,
            "dimms": dimms,
            "balanced": True if all(sizes) else None,
            "channels": _true(machines, lambda m: bool(population.channels(m))),
            "ecc": _true(machines, lambda m: m.memory.ecc),
            "speed": f">= {min(s for s in speeds if s)} MT/s" if stated else None,
        }
    )


def disks(machines: Machines, role: str, tolerance: float) -> list[dict[str, Any]]:
    """One role for each kind and size of disk; the smallest flash is the root's, the rest serve as the role has it."""
    groups: dict[tuple[str, int], list[list[Disk]]] = defaultdict(lambda: [[] for _ in machines])
    for index, machine in enumerate(machines):
        for disk in machine.disks:
            if disk.kind in _ROLES["storage"] and disk.size and disk.serial and not disk.removable:
                groups[disk.kind, _class(disk.size, groups, disk.kind, tolerance)][index].append(disk)
    ordered = sorted(groups, key=lambda g: (g[0] == "hdd", g[1], g[0]))
    if not ordered:
        return [{"role": "os", "count": ">= 0"}]
    names = Counter[str]()
    found = []
    for position, key in enumerate(ordered):
        name = "os" if position == 0 else _ROLES.get(role, _ROLES["compute"])[key[0]]
        if position == 0 and len(ordered) == 1 and all(len(group) > 1 for group in groups[key]):
            # One kind of disk only: the system takes one of them.
            found.append(_disk("os", key[0], [group[:1] for group in groups[key]], tolerance))
            groups[key] = [group[1:] for group in groups[key]]
            name = _ROLES.get(role, _ROLES["compute"])[key[0]]
        names[name] += 1
        label = name if names[name] == 1 else f"{name}{names[name]}"
        found.append(_disk(label, key[0], groups[key], tolerance))
    return found


_ROLES = {
    "storage": {"hdd": "osd", "nvme": "wal", "ssd": "data", "volume": "raid"},
    "compute": {"hdd": "bulk", "nvme": "data", "ssd": "data", "volume": "raid"},
    "controller": {"hdd": "bulk", "nvme": "db", "ssd": "db", "volume": "raid"},
}


def _class(size: int, groups: Iterable[tuple[str, int]], kind: str, tolerance: float) -> int:
    """The size of the group that the disk belongs to: an existing one within the tolerance, else its own."""
    near = (other for known, other in groups if known == kind and abs(other - size) <= tolerance * other)
    return next(near, size)


def _disk(role: str, kind: str, by_machine: list[list[Disk]], tolerance: float) -> dict[str, Any]:
    every = [d for group in by_machine for d in group]
    low, high = min(d.size or 0 for d in every), max(d.size or 0 for d in every)
    wear = [d.endurance_dwpd for d in every if d.endurance_dwpd is not None]
    whole = [d.link for d in every if d.link]
    full = len(whole) == len(every) and all(
        link.width and link.speed and link.width == link.max_width and link.speed == link.max_speed for link in whole
    )
    return _tidy(
        {
            "role": role,
            "kind": kind,
            "count": _between(min(map(len, by_machine)), max(map(len, by_machine))),
            "size": f"{_rounded(low * (1 - tolerance), math.floor)}..{_rounded(high * (1 + tolerance), math.ceil)}",
            "power_loss_protection": True if all(d.power_loss_protection for d in every) else None,
            "endurance": f">= {min(wear):g} DWPD" if len(wear) == len(every) else None,
            "full_link": full or None,
            "healthy": True if all(judged(d.health, HealthLimits(), d.kind)[0] for d in every) else None,
        }
    )


def _rounded(size: float, to: Callable[[float], int]) -> str:
    """Outward, to whole GB where that is less than one part in a thousand."""
    return f"{to(size / GB)} GB" if size >= 1000 * GB else f"{to(size / 10**6)} MB"


def _network(machines: Machines) -> dict[str, Any]:
    """A bond of the two or more fastest ports that every machine has linked; the other linked ports beside it."""
    ports = [[n for n in m.nics if n.link and n.speed] for m in machines]
    if not all(ports):
        return {}
    fastest = min(max(n.speed or 0 for n in group) for group in ports)
    members = min(sum(n.speed == fastest for n in group) for group in ports)
    if members < 2:
        return {"nics": [{"count": f">= {min(map(len, ports))}", "speed": _least(ports)}]}
    mtu = 9000 if all((n.max_mtu or 0) >= 9000 for group in ports for n in group if n.speed == fastest) else 1500
    bond = {"name": "bond0", "members": min(members, 2), "speed": f">= {format_rate(fastest)}", "mtu": mtu}
    rest = min(map(len, ports)) - min(members, 2)
    beside = {"nics": [{"count": f">= {rest}", "speed": _least(ports)}]} if rest > 0 else {}
    return {"bonds": [bond], **beside}


def _least(ports: list[list[Nic]]) -> str:
    return f">= {format_rate(min(n.speed or 0 for group in ports for n in group))}"


def _power(machines: Machines, tolerance: float) -> dict[str, Any]:
    good = [[s for s in m.power_supplies if s.present is not False and s.health == "ok"] for m in machines]
    if not all(good):
        return {}
    watts = [s.capacity for m in machines for s in m.power_supplies if s.present is not False]
    stated = [w for w in watts if w]
    capacity = f">= {min(stated) * (1 - tolerance):g} W" if len(stated) == len(watts) else None
    return _tidy({"supplies": f">= {min(map(len, good))}", "capacity": capacity})


def _firmware(machines: Machines) -> dict[str, dict[str, str]]:
    """The oldest BIOS among machines of one product is the baseline of that product."""
    from metalctl.model.match import satisfies

    oldest: dict[str, str] = {}
    for machine in machines:
        product = f"{machine.identity.manufacturer} {machine.identity.product}".strip()
        version = next((f.version for f in machine.firmware if f.component == "bios"), "")
        word = next((w for w in version.split() if w.lstrip("v")[:1].isdigit()), "").lstrip("v")
        if product and word and (product not in oldest or not satisfies(word, f">= {oldest[product]}")):
            oldest[product] = word
    return {"bios": {_literal(p): f">= {v}" for p, v in oldest.items()}} if oldest else {}
