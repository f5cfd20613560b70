"""Whole machines as inventories, and how a case file changes them."""

from __future__ import annotations

from typing import Any

from metalctl.model.codec import decode, encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import (
    Cpu,
    Dimm,
    Disk,
    DiskHealth,
    Firmware,
    Inventory,
    Manager,
    Memory,
    Neighbour,
    Nic,
    Package,
    PcieLink,
    PowerSupply,
)

GIB, TB = 2**30, 10**12
MODELS = {"ssd": "SAMSUNG MZ7L3480HCHQ", "nvme": "INTEL SSDPF2KE016T1", "hdd": "ST18000NM004J"}


def dimms(count: int, size: int, sockets: int = 2) -> tuple[Dimm, ...]:
    """Equal modules in slots A1, A2, …, one a channel, the first half at socket 0."""
    each = max(count // sockets, 1)
    return tuple(
        Dimm(
            f"A{n + 1}", size * GIB, "DDR5", 4800, 4800, "Acme", "M321R4GA3BB6", f"DM{n:02}", 2,
            channel=f"{n % each}", socket=f"P{n // each}", health="ok",
        )
        for n in range(count)
    )  # fmt: skip


def disks(kind: str, count: int, size: int) -> tuple[Disk, ...]:
    """Equal disks with serials such as HDD03."""
    link = PcieLink(16.0, 4, 16.0, 4) if kind == "nvme" else None
    return tuple(
        Disk(
            f"{kind}{n}", kind, size, kind == "hdd", f"{kind.upper()}{n:02}", slot=f"bay {n}", model=MODELS[kind],
            firmware="1.0", link=link, health=DiskHealth("ok", wear=0.0, defects=0),
        )
        for n in range(count)
    )  # fmt: skip


def nics(count: int, speed: int) -> tuple[Nic, ...]:
    """Linked ports of one card; the switch is tor1 and its port swpN."""
    return tuple(
        Nic(f"eth{n}", f"52:54:00:00:00:{n:02x}", speed * 10**9, "full", True, "drv", pci=f"0000:3b:00.{n}",
            max_mtu=9500, neighbour=Neighbour("tor1", f"swp{n}"), firmware="22.35.2000 (MT_0000000359)",
            model="Mellanox Technologies MT2892 Family [ConnectX-6 Dx]", part_number="MCX623106AN", serial="MT2201X0")
        for n in range(count)
    )  # fmt: skip


def usable(size: int) -> int:
    """What the kernel counts of that much memory: less the page structures and a little."""
    return int(size * (1 - 1 / 64) - 0.4 * GIB)


def cpu(model: str, sockets: int, cores: int) -> Cpu:
    """Processors of one make, two threads a core, everything on."""
    each = cores // sockets
    packages = tuple(Package(f"P{n}", model, each, 2 * each, "0xa10113e", f"CPU{n}") for n in range(sockets))
    return Cpu(
        model, "AuthenticAMD", "x86_64", sockets, cores, 2 * cores, "amd-v", True, iommu=True,
        microcode=("0xa10113e",), smt=True, firmware_locked=False, packages=packages,
    )  # fmt: skip


def machine(
    serial: str, processors: Cpu, memory: Memory, drives: tuple[Disk, ...], ports: tuple[Nic, ...]
) -> Inventory:
    """A good machine of these parts, as both sides together know it."""
    return Inventory(
        "in-band",
        Identity(serial, manufacturer="HPE", product="ProLiant DL385 Gen10 Plus"),
        boot_mode="uefi",
        cpu=processors,
        memory=memory,
        disks=drives,
        nics=ports,
        firmware=(Firmware("bios", "2.68"),),
        power_supplies=tuple(
            PowerSupply(f"PS{n}", True, "ok", 1400.0, serial=f"PSU{n}", part_number="0PSU") for n in (1, 2)
        ),
        manager=Manager("iDRAC9", "7.0", clock_offset=0.4, health="ok"),
    )


def memory(count: int, size: int, sockets: int = 2) -> Memory:
    """Equal ECC modules and what the kernel counts of them."""
    return Memory(usable(count * size * GIB), dimms(count, size, sockets), True)


MACHINES = {
    "compute": machine(
        "S1", cpu("EPYC 9554", 2, 64), memory(16, 32), disks("ssd", 1, 480 * 10**9) + disks("nvme", 2, TB), nics(2, 25)
    ),
    "storage": machine(
        "S2",
        cpu("EPYC 9124", 1, 16),
        memory(4, 16, sockets=1),
        disks("ssd", 1, 480 * 10**9) + disks("hdd", 12, 18 * TB) + disks("nvme", 2, TB),
        nics(2, 25),
    ),
    "controller": machine(
        "S3",
        cpu("EPYC 9124", 1, 16),
        memory(8, 16, sockets=1),
        disks("ssd", 1, 480 * 10**9) + disks("nvme", 2, TB),
        nics(2, 10),
    ),
}


def changed(machine: str, change: dict[str, Any]) -> Inventory:
    """The machine with the changes of a case: {"cpu.cores": 32, "disks.3": null (taken out), "nics.1.speed": …}."""
    data = encode(MACHINES[machine])
    removed: list[tuple[list[Any], int]] = []
    for path, value in change.items():
        *way, last = path.split(".")
        place: Any = data
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list) and value is None:
            removed.append((place, int(last)))
        elif isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    for place, index in sorted(removed, key=lambda r: -r[1]):
        del place[index]
    return decode(Inventory, data)
