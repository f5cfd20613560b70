"""Whole machines as inventories, and how a case file changes them."""

from __future__ import annotations

from typing import Any

from metalctl.model.codec import decode, encode
from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Dimm, Disk, Firmware, Inventory, Memory, Neighbour, Nic

GIB, TB = 2**30, 10**12


def dimms(count: int, size: int) -> tuple[Dimm, ...]:
    """Equal modules in slots A1, A2, …"""
    return tuple(Dimm(f"A{n + 1}", size * GIB, "DDR5", 4800, 4800, rank=2) for n in range(count))


def disks(kind: str, count: int, size: int) -> tuple[Disk, ...]:
    """Equal disks with serials such as HDD03."""
    return tuple(
        Disk(f"{kind}{n}", kind, size, kind == "hdd", f"{kind.upper()}{n:02}", slot=f"bay {n}") for n in range(count)
    )


def nics(count: int, speed: int) -> tuple[Nic, ...]:
    """Linked ports of one card; the switch is tor1 and its port swpN."""
    return tuple(
        Nic(f"eth{n}", f"52:54:00:00:00:{n:02x}", speed * 10**9, "full", True, "drv", pci=f"0000:3b:00.{n}",
            max_mtu=9500, neighbour=Neighbour("tor1", f"swp{n}"))
        for n in range(count)
    )  # fmt: skip


def usable(size: int) -> int:
    """What the kernel counts of that much memory: less the page structures and a little."""
    return int(size * (1 - 1 / 64) - 0.4 * GIB)


MACHINES = {
    "compute": Inventory(
        "in-band",
        Identity("S1", manufacturer="Acme Inc.", product="PowerBox R750"),
        boot_mode="uefi",
        cpu=Cpu(
            "EPYC 9554", "AuthenticAMD", sockets=2, cores=64, threads=128, virtualization="amd-v", kvm=True, iommu=True
        ),
        memory=Memory(usable(512 * GIB), dimms(16, 32), True),
        disks=disks("ssd", 1, 480 * 10**9) + disks("nvme", 2, TB),
        nics=nics(2, 25),
        firmware=(Firmware("bios", "1.10.0"),),
    ),
    "storage": Inventory(
        "in-band",
        Identity("S2"),
        cpu=Cpu("EPYC 9124", "AuthenticAMD", sockets=1, cores=16, threads=32, virtualization="amd-v"),
        memory=Memory(usable(64 * GIB), dimms(4, 16), True),
        disks=disks("ssd", 1, 480 * 10**9) + disks("hdd", 12, 18 * TB) + disks("nvme", 2, TB),
        nics=nics(2, 25),
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
