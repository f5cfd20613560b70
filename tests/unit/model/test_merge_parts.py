"""A contradiction of each rule names both values, both sources and the part to replace; disks behind a RAID controller
are held against the BMC's.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.finding import Finding
from metalctl.model.inventory import Controller, Dimm, Disk, DiskHealth, Inventory, PowerSupply, Volume
from metalctl.model.merge import merge
from metalctl.model.merge._rules import RULES
from metalctl.model.parts import KINDS

_SPEC = importlib.util.spec_from_file_location("machines", Path(__file__).parent / "machines.py")
assert _SPEC
assert _SPEC.loader
machines = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(machines)

SUPPLY = PowerSupply("PSU.Slot.1", True, "ok", 1400, serial="CNDED0012341", part_number="0CNDED")
CARD = Controller("host0", "HBA355i", "Broadcom", "24.15.07", "CARD001", "0000:5e:00.0")
EXTRA: dict[str, Any] = {
    "power_supplies": (SUPPLY,),
    "controllers": (CARD,),
    "volumes": (Volume("boss", "raid1", 480 * 10**9),),
}
# What is replaced when a fact of this kind is contradicted; "" where nobody can replace it by itself.
FRU = {"package": "cpu", "dimm": "dimm", "disk": "disk", "nic": "nic", "controller": "controller", "volume": "",
       "power supply": "psu", "firmware": "", "machine": ""}  # fmt: skip
OTHER: dict[str, Any] = {
    "health.status": "failing", "health": "critical", "kind": "hdd", "boot_mode": "bios", "microcode": "0xbeef",
    "mac": "00:00:5e:00:53:01", "manager.mac": "00:00:5e:00:53:02", "speed": 10**10, "firmware": "99.88.7777",
    "manager.firmware": "99.88", "version": "99.88.77", "size": 8 * 10**12, "configured_mts": 2133, "level": "raid6",
}  # fmt: skip


def other(name: str, value: Any) -> Any:
    """Another value of the fact."""
    if name in OTHER:
        return OTHER[name]
    if isinstance(value, bool) or value is None:
        return not value
    return value + 1 if isinstance(value, int) else "OTHER-9999"


def changed(thing: Any, path: str, value: Any = None) -> Any:
    """The thing with another value below the dotted path, or with `value`."""
    name, _, below = path.partition(".")
    inner = getattr(thing, name)
    if not below:
        return replace(thing, **{name: other(name, inner) if value is None else value})
    found = changed(inner, below, OTHER.get(path, value))
    return replace(thing, **{name: found})


def sides() -> tuple[Inventory, Inventory]:
    """A machine that states every fact that is compared, alike from both sides but for the slots' names."""
    whole = replace(machines.in_band(), **EXTRA)
    cpu = replace(whole.cpu, firmware_locked=False, packages=tuple(
        replace(p, serial=f"CPUSERIAL{n}", part_number="CD80") for n, p in enumerate(whole.cpu.packages)))  # fmt: skip
    nics = tuple(replace(n, slot="PCIe Slot 2", part_number="MCX4121A") for n in whole.nics)
    whole = replace(whole, cpu=cpu, nics=nics)
    return replace(whole, source="out-of-band", sources={"": "redfish"}), replace(whole, sources={"": "the kernel"})


@pytest.mark.parametrize(("kind", "fact"), RULES, ids=[f"{k} {f}" for k, f in RULES])
def test_a_contradiction_names_both_values_both_sources_and_the_part(kind: str, fact: str) -> None:
    outside, inside = sides()
    if kind == "machine":
        outside = changed(outside, fact)
        part = None
    else:
        field = next(k.field for k in KINDS if k.name == kind)
        part = next(k for k in KINDS if k.name == kind).of(inside)[0]
        top, _, below = field.partition(".")
        listed = getattr(getattr(outside, top), below) if below else getattr(outside, top)
        odd = (changed(listed[0], fact), *listed[1:])
        holder: Any = replace(getattr(outside, top), **{below: odd}) if below else odd
        outside = replace(outside, **{top: holder})
    (found,) = [f for f in merge(outside, inside).findings if f.requirement == f"sources.{kind}.{fact}"]
    assert "(out-of-band" in found.expected
    assert "(in-band" in found.got
    assert found.source.startswith("out-of-band")
    assert "; in-band" in found.source
    assert found.remedy
    assert [fru.kind for fru in found.frus] == ([FRU[kind]] if FRU[kind] else [])
    if found.frus:
        (fru,) = found.frus
        assert fru.slot
        assert fru.part_number
        assert fru.serial in (getattr(part, "serial", ""), getattr(part, "mac", ""))


def findings(outside: Inventory, inside: Inventory) -> list[Finding]:
    return list(merge(outside, inside).findings)


def test_a_part_that_one_side_lists_alone_is_named() -> None:
    outside, inside = machines.out_of_band(), machines.in_band()
    lost = replace(inside, disks=inside.disks[:-1], nics=inside.nics[:-1])
    frus = {f.requirement: [str(fru) for fru in f.frus] for f in findings(outside, lost)}
    assert frus == {
        "sources.disk": ["disk Bay 2, part ST20000NM002D, serial ZX20A1Bb"],
        "sources.nic": ["nic NIC.Slot.2-1, part ConnectX-4 Lx EN Adapter, serial MT1925X01234"],
    }


def test_a_module_that_is_mapped_out_is_named_with_its_part_number() -> None:
    inside = machines.in_band()
    dimms = tuple(Dimm("B3", 0) if d.slot == "B3" else d for d in inside.memory.dimms)
    less = replace(inside, memory=replace(inside.memory, total=472 * machines.GIB, dimms=dimms))
    found = {f.requirement: [str(fru) for fru in f.frus] for f in findings(machines.out_of_band(), less)}
    assert found["sources.memory.total"] == ["dimm DIMM.Socket.B3, part HMA84GR7CJR4N-XN, serial 2F1B3CB3"]
    assert found["sources.dimm.size"] == ["dimm B3, part HMA84GR7CJR4N-XN, serial 2F1B3CB3"]


def behind(**changes: Any) -> tuple[Inventory, Inventory]:
    """The machine with its hard disks behind a RAID controller: the BMC lists them, the kernel shows a volume."""
    outside, inside = machines.out_of_band(), machines.in_band()
    disks = [d for d in inside.disks if d.kind == "hdd"]
    hidden = tuple(replace(d, name=f"megaraid,{n} /dev/bus/0", slot="", by_path="") for n, d in enumerate(disks))
    hidden = (replace(hidden[0], **changes), *hidden[1:])
    volume = Disk("sda", "volume", 20 * 10**12, serial="6141877001a2b3c4", transport="scsi")
    inside = replace(inside, disks=(inside.disks[0], volume), raid_disks=hidden)
    return outside, replace(inside, sources={**inside.sources, "raid_disks": "smartctl -d"})


def test_disks_behind_a_raid_controller_are_not_missed_and_the_volume_is_not_asked_of_the_bmc() -> None:
    assert findings(*behind()) == []


def test_a_disk_behind_a_raid_controller_that_the_bmc_calls_ok_and_smart_does_not_is_named_by_its_bay() -> None:
    (found,) = findings(*behind(health=DiskHealth("failing")))
    assert found.requirement == "sources.disk.health.status"
    assert (found.expected, found.got) == ("ok (out-of-band redfish Storage)", "failing (in-band smartctl -d)")
    assert [str(fru) for fru in found.frus] == ["disk Bay 1, part ST20000NM002D, serial ZX20A1Ba"]


def test_a_disk_that_is_neither_shown_nor_behind_is_still_missed() -> None:
    outside, inside = behind()
    (found,) = findings(outside, replace(inside, raid_disks=inside.raid_disks[1:]))
    assert (found.requirement, [fru.serial for fru in found.frus]) == ("sources.disk", ["ZX20A1Ba"])


def test_the_merged_inventory_knows_the_bay_of_a_disk_behind_a_raid_controller() -> None:
    outside, inside = behind()
    taken = merge(outside, inside).inventory
    assert [d.slot for d in taken.raid_disks] == ["Bay 1", "Bay 2"]
    assert [d.name for d in taken.disks] == ["nvme0n1", "sda"]
