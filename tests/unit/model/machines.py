"""Inventories for the tests of merge and diff: one real-looking machine from both sides, and any inventory at all."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

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
    Nic,
    Package,
    PcieLink,
    PowerSupply,
    Tpm,
    Volume,
)

GIB = 1 << 30
MACS = ("b8:ce:f6:00:00:01", "b8:ce:f6:00:00:02")


def in_band() -> Inventory:
    """A compute node as it sees itself."""
    dimms = tuple(
        Dimm(f"{s}{n}", 32 * GIB, "DDR4", 3200, 3200, "00AD063200AD", "HMA84GR7CJR4N-XN", f"2F1B3C{s}{n}", 2)
        for s in "AB" for n in range(1, 9)
    )  # fmt: skip
    disks = (
        Disk("nvme0n1", "nvme", 3840755982336, False, "S6CKNE0T100001", "eui.36434b3054100001", "SAMSUNG MZQL23T8HCLS",
             "GDC5902Q", "/dev/disk/by-path/pci-0000:3b:00.0-nvme-1", transport="nvme", slot="pci slot 12",
             pci="0000:3b:00.0", link=PcieLink(16, 4, 16, 4), health=DiskHealth("ok", 3, 8760, 0)),
        *(Disk(f"sd{c}", "hdd", 20 * 10**12, True, f"ZX20A1B{c}", f"0x5000c500d123456{n}", "ST20000NM002D", "E004",
               f"/dev/disk/by-path/pci-0000:5e:00.0-sas-phy{n}-lun-0", transport="sas", slot=f"Slot 0{n}",
               health=DiskHealth("ok", hours=300, defects=0)) for n, c in enumerate("ab")),
    )  # fmt: skip
    nics = tuple(
        Nic(f"ens1f{n}", mac, 25 * 10**9, "full", True, "mlx5_core", "14.27.1016 (MT_2420110034)", f"0000:18:00.{n}",
            "Mellanox MT27710", link_pcie=PcieLink(8, 8, 8, 8), serial="MT1925X01234") for n, mac in enumerate(MACS)
    )  # fmt: skip
    return Inventory(
        source="in-band",
        identity=Identity("7BXXXX3", "4c4c4544-0042-5810-8058-c7c04f584433", MACS, "Dell Inc.", "PowerEdge R750"),
        taken="2026-11-22T10:00:00Z",
        boot_mode="uefi",
        secure_boot=False,
        cpu=Cpu("Intel(R) Xeon(R) Gold 6354 CPU @ 3.00GHz", "GenuineIntel", "x86_64", 2, 36, 72, "vt-x", True,
                microcode=("0xd000390",), smt=True,
                packages=tuple(Package(f"CPU{n}", "Intel(R) Xeon(R) Gold 6354 CPU @ 3.00GHz", 18, 36, "0xd000390")
                               for n in (1, 2))),
        memory=Memory(503 * GIB, dimms, True),
        disks=disks,
        nics=nics,
        firmware=(Firmware("bios", "1.9.2", "Dell Inc."), Firmware("bmc", "6.10")),
        bmc_address="10.0.9.5",
        manager=Manager("DELL", "6.10", "f4:02:70:00:00:01", "10.0.9.5"),
        tpm=Tpm(True, "2.0"),
        sources={"memory.dimms": "SMBIOS type 17", "memory.total": "/proc/meminfo", "disks": "/sys/block"},
    )  # fmt: skip


def out_of_band() -> Inventory:
    """The same node as its BMC tells it, in the BMC's own words."""
    inside = in_band()
    return Inventory(
        source="out-of-band",
        identity=replace(inside.identity, macs=MACS[:1], product="PowerEdge R750xs"),
        boot_mode="uefi",
        cpu=Cpu("Intel(R) Xeon(R) Gold 6354", sockets=2, cores=36, threads=72,
                packages=tuple(Package(f"CPU.Socket.{n}", "Intel(R) Xeon(R) Gold 6354 @ 3.00 GHz", 18, 36, "0x0d000390")
                               for n in (1, 2))),
        memory=Memory(512 * GIB, tuple(replace(d, slot=f"DIMM.Socket.{d.slot}", manufacturer="Hynix Semiconductor")
                                       for d in inside.memory.dimms)),
        disks=tuple(replace(d, name=f"Disk.Bay.{n}", size=round(d.size or 0, -9), by_path="", slot=f"Bay {n}", pci="",
                            link=None, health=DiskHealth("ok", wear=3)) for n, d in enumerate(inside.disks)),
        nics=tuple(replace(n, name=f"NIC.Slot.2-{i}", pci="", firmware="14.27.1016", model="ConnectX-4 Lx EN Adapter",
                           mac=n.mac.upper(), link_pcie=None) for i, n in enumerate(inside.nics)),
        firmware=(Firmware("bios", "1.9.2"), Firmware("bmc", "6.10.30.00")),
        manager=Manager("14G Monolithic", "6.10.30.00", "F4:02:70:00:00:01", "10.0.9.5", health="ok"),
        power_supplies=tuple(PowerSupply(f"PSU.Slot.{n}", True, "ok", 1400, serial=f"CNDED001234{n}") for n in (1, 2)),
        volumes=(Volume("boss", "raid1", 480 * 10**9),),
        tpm=Tpm(True, "TPM 2.0"),
        power="on",
        settings={"ProcVirtualization": "Enabled"},
        sources={"memory": "redfish Systems/1/Memory", "disks": "redfish Storage", "power_supplies": "redfish Power"},
    )  # fmt: skip


_WORDS = st.sampled_from(
    ["", "A1", "A2", "S1", "s1", "0", "ok", "nvme", "1.2.3", "Package 0", "Bäy [1]", "raid", "0x1"]
)
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: _WORDS,
    int: st.one_of(st.integers(0, 2**45), st.sampled_from([-1, 0, 2**191])),
    float: st.floats(),
    bool: st.booleans(),
}


def anything(kind: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Any value of a type of the inventory, every field drawn."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if origin is types.UnionType or origin is typing.Union:
        return st.one_of(*(st.none() if a is type(None) else anything(a, depth) for a in arguments))
    if origin is tuple:
        return st.lists(anything(arguments[0], depth + 1), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_WORDS, anything(arguments[1]), max_size=2)
    assert dataclasses.is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{f.name: anything(hints[f.name], depth) for f in dataclasses.fields(kind)})


INVENTORIES = anything(Inventory)
