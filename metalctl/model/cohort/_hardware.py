"""The fingerprint of hardware and firmware: what has to be equal before two measurements are compared.

Whether a link or a module runs at less than it can is no part of it: that is a fault to be found, not another kind.
The BMC's firmware is not either: nothing that the checks measure depends on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from metalctl.model.inventory import Dimm, Disk, Inventory, Nic
from metalctl.model.units import format_capacity, format_size

# Facts that some hardware does not have at all: ARM processors have no microcode to state.
OPTIONAL = ("microcode",)


def hardware(inventory: Inventory, part: str, component: str) -> dict[str, str] | None:
    """Name → what it is, "" where the inventory does not state it; None when the part is not in the inventory.

    part, component: as in CheckResult. part "" is the whole machine.
    """
    who, cpu = inventory.identity, inventory.cpu
    bios = next((f.version for f in inventory.firmware if f.component == "bios" and not f.state), "")
    common = {
        "emulated": "yes" if inventory.emulated else "no",
        "machine": f"{who.manufacturer} {who.product}".strip() if who.product else "",
        "cpu": f"{cpu.sockets} × {cpu.model}" if cpu.sockets and cpu.model else cpu.model,
        "bios": bios,
    }
    if not part or part.startswith("bond "):
        return common | _whole(inventory) | (_ports(inventory) if component == "network" else {})
    own = _part(inventory, part)
    return None if own is None else common | own


def missing(facts: dict[str, str]) -> list[str]:
    """The names of what is not stated and has to be."""
    return [name for name, value in facts.items() if not value and name not in OPTIONAL]


def _whole(inventory: Inventory) -> dict[str, str]:
    modules = _counted(f"{format_size(d.size)} {d.part_number}".strip() for d in inventory.memory.modules)
    return {"memory": modules, "microcode": ", ".join(inventory.cpu.microcode)}


def _ports(inventory: Inventory) -> dict[str, str]:
    stated = all(n.model and n.firmware for n in inventory.nics)
    return {"ports": _counted(f"{n.model} {n.firmware}" for n in inventory.nics) if stated else ""}


def _counted(names: Iterable[str]) -> str:
    return ", ".join(f"{n} × {name}" for name, n in sorted(Counter(names).items()))


def _part(inventory: Inventory, part: str) -> dict[str, str] | None:
    for disk in (*inventory.disks, *inventory.raid_disks):
        if part == disk.label or (disk.key and f" serial {disk.key} " in f" {part} "):
            return _disk(disk)
    for nic in inventory.nics:
        if part == nic.label or (nic.mac and nic.mac in part.split()):
            return _nic(nic)
    for dimm in inventory.memory.modules:
        if part == " ".join(word for word in ("dimm", dimm.slot, dimm.serial) if word):
            return _dimm(dimm)
    return None


def _disk(disk: Disk) -> dict[str, str]:
    size = format_capacity(disk.size) if disk.size else ""
    return {"part": disk.kind, "model": disk.model, "size": size, "firmware": disk.firmware}


def _nic(nic: Nic) -> dict[str, str]:
    return {"part": "nic", "model": nic.model, "driver": nic.driver, "firmware": nic.firmware}


def _dimm(dimm: Dimm) -> dict[str, str]:
    return {"part": "dimm", "model": dimm.part_number, "size": format_size(dimm.size)}
