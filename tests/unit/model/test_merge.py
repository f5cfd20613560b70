"""What the BMC says and what the machine says, in one: nothing is lost, and each contradiction is found and named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from metalctl.model.inventory import (
    Controller,
    Dimm,
    Disk,
    DiskHealth,
    Inventory,
    Manager,
    PowerSupply,
    Unreadable,
    Volume,
)
from metalctl.model.merge import merge
from metalctl.model.parts import KINDS, leaves
from metalctl.model.verdict import Verdict
from tests.unit.model import machines
from tests.unit.model.two_sides import found, inside, outside

GIB = machines.GIB
_MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def test_two_true_views_of_one_machine_do_not_contradict() -> None:
    assert found(outside(), inside()) == []


@pytest.mark.slow
@_MANY
@given(machines.INVENTORIES)
def test_an_inventory_does_not_contradict_itself(taken: Inventory) -> None:
    merged = merge(taken, taken)
    # The kernel's count and the modules are two facts of one side here, and the BMC's own address a third.
    assert [f for f in merged.findings if f.requirement not in ("sources.memory.total", "sources.bmc_address")] == []
    assert all(f.agree is not False for f in merged.facts)


@pytest.mark.slow
@_MANY
@given(machines.INVENTORIES, machines.INVENTORIES)
def test_any_two_inventories_merge_and_every_finding_can_be_acted_on(a: Inventory, b: Inventory) -> None:
    merged = merge(replace(a, source="out-of-band"), replace(b, source="in-band"))
    assert all(f.verdict is Verdict.FAIL and f.remedy and f.expected and f.got and f.source for f in merged.findings)
    assert merged.inventory.source == "merged"


@pytest.mark.slow
@_MANY
@given(machines.INVENTORIES, machines.INVENTORIES)
def test_no_stated_value_of_a_part_is_lost(a: Inventory, b: Inventory) -> None:
    facts = merge(a, b).facts
    for kind in KINDS:
        for part in (*kind.of(a), *kind.of(b)):
            for name, value in leaves(part):
                assert any(
                    f.path.startswith(kind.field) and f.path.endswith(f".{name}") and value == r.value
                    for f in facts for r in f.readings
                ), (kind.name, name, value)  # fmt: skip


def test_each_fact_keeps_both_values_and_both_sources() -> None:
    merged = merge(outside(), inside())
    (fact,) = [f for f in merged.facts if f.path == "memory.dimms[a1].manufacturer"]
    assert [(r.side, r.value, r.source) for r in fact.readings] == [
        ("out-of-band", "Hynix Semiconductor", "out-of-band redfish Systems/1/Memory"),
        ("in-band", "00AD063200AD", "in-band SMBIOS type 17"),
    ]
    assert fact.agree is None, "makers are written in too many ways to be compared"
    (size,) = [f for f in merged.facts if f.path == "memory.dimms[a1].size"]
    assert size.agree is True


def test_sixteen_dimms_of_which_the_kernel_has_fifteens_worth() -> None:
    taken = inside()
    dimms = tuple(Dimm("B3", 0) if d.slot == "B3" else d for d in taken.memory.dimms)
    findings = found(outside(), inside(memory=replace(taken.memory, total=472 * GIB, dimms=dimms)))
    (worth,) = [f for f in findings if f.requirement == "sources.memory.total"]
    assert worth.part == "DIMM DIMM.Socket.B3"
    assert worth.expected == "512 GiB in 16 DIMMs (out-of-band redfish Systems/1/Memory)"
    assert worth.got == "472 GiB (in-band /proc/meminfo)"
    assert "reseat or replace" in worth.remedy
    (size,) = [f for f in findings if f.requirement == "sources.dimm.size"]
    assert (size.expected[:6], size.got[:5]) == ("32 GiB", "empty")


def test_fifteens_worth_without_knowing_which_names_no_dimm() -> None:
    (worth,) = found(outside(), inside(memory=replace(inside().memory, total=472 * GIB)))
    assert worth.part == ""


@pytest.mark.parametrize("total", [503, 500, 496])
def test_what_the_kernel_keeps_for_itself_is_no_lost_dimm(total: int) -> None:
    assert found(outside(), inside(memory=replace(inside().memory, total=total * GIB))) == []


def _dimm(**changes: Any) -> Inventory:
    memory = outside().memory
    return outside(memory=replace(memory, dimms=(replace(memory.dimms[0], **changes), *memory.dimms[1:])))


def _disk(number: int, **changes: Any) -> Inventory:
    disks = list(outside().disks)
    disks[number] = replace(disks[number], **changes)
    return outside(disks=tuple(disks))


def _nic(**changes: Any) -> Inventory:
    return outside(nics=(replace(outside().nics[0], **changes), outside().nics[1]))


def _manager() -> Manager:
    found = outside().manager
    assert found
    return found


def _cpu(**changes: Any) -> Inventory:
    return outside(cpu=replace(outside().cpu, **changes))


CONTRADICTIONS: dict[str, tuple[Inventory, set[str]]] = {
    "a swapped DIMM": (_dimm(serial="99999999"), {"sources.dimm.serial"}),
    "a DIMM at another speed": (_dimm(configured_mts=2666), {"sources.dimm.configured_mts"}),
    "a disk of another firmware": (_disk(0, firmware="GDC5602Q"), {"sources.disk.firmware"}),
    "a disk of another size": (_disk(1, size=18 * 10**12), {"sources.disk.size"}),
    "a disk that one side says is failing": (_disk(1, health=DiskHealth("failing")), {"sources.disk.health.status"}),
    "a disk that only the BMC sees": (
        outside(disks=(*outside().disks, Disk("Bay 9", "hdd", 20 * 10**12, serial="ZX9", slot="Bay 9"))),
        {"sources.disk"},
    ),
    "a disk that the BMC forgot": (outside(disks=outside().disks[:2]), {"sources.disk"}),
    "a port without driver": (
        outside(nics=(*outside().nics, replace(outside().nics[0], mac="00:00:5e:00:00:01", name="NIC.9", serial=""))),
        {"sources.nic"},
    ),
    "a port at another speed": (_nic(speed=10**10), {"sources.nic.speed"}),
    "a port with other firmware": (_nic(firmware="14.32.1010"), {"sources.nic.firmware"}),
    "cores switched off": (_cpu(cores=32), {"sources.machine.cpu.cores"}),
    "SMT off on one side": (_cpu(threads=36), {"sources.machine.cpu.threads"}),
    "a processor missing": (_cpu(sockets=1), {"sources.machine.cpu.sockets"}),
    "another boot mode": (outside(boot_mode="bios"), {"sources.machine.boot_mode"}),
    "a BIOS of another version": (
        outside(firmware=(replace(outside().firmware[0], version="1.10.0"),)),
        {"sources.firmware.version"},
    ),
    "another machine": (
        outside(identity=replace(outside().identity, serial="OTHER99")),
        {"sources.identity"},
    ),
    "another BMC": (
        outside(manager=replace(_manager(), address="10.0.9.6", mac="f4:02:70:00:00:02")),
        {"sources.bmc_address", "sources.machine.manager.mac"},
    ),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_a_contradiction_is_found_and_nothing_else(what: str) -> None:
    side, expected = CONTRADICTIONS[what]
    findings = found(side, inside())
    assert {f.requirement for f in findings} == expected
    assert all(f.verdict is Verdict.FAIL and f.remedy and "out-of-band" in f.source for f in findings)


def test_a_disk_behind_a_raid_controller_or_in_a_volume_is_not_lost() -> None:
    extra = Disk("Bay 9", "hdd", 20 * 10**12, serial="ZX9", slot="Bay 9", controller="RAID.1")
    behind = outside(disks=(*outside().disks, extra), controllers=(Controller("RAID.1", mode="raid"),))
    assert [(f.requirement, f.severity) for f in found(behind, inside())] == [("sources.disk", "warning")]
    member = outside(disks=(*outside().disks, extra), volumes=(Volume("v", members=("ZX9",)),))
    assert found(member, inside()) == []


def test_what_one_side_could_not_read_is_no_contradiction() -> None:
    blind = Inventory(source="out-of-band", identity=outside().identity)
    assert found(blind, inside()) == []


@pytest.mark.parametrize("fact", ["memory.dimms", "memory"])
def test_a_list_that_could_not_be_read_whole_loses_no_part(fact: str) -> None:
    memory = outside().memory
    half = replace(memory, dimms=memory.dimms[:8])
    assert len(found(outside(memory=half), inside())) == 8
    assert found(outside(memory=half, unreadable=(Unreadable(fact, "HTTP 500"),)), inside()) == []
    # A note of one module is none of the list.
    assert len(found(outside(memory=half, unreadable=(Unreadable("memory.dimms.A1.rank", "x"),)), inside())) == 8


def test_ports_that_could_not_be_read_are_not_lost() -> None:
    blind = inside(nics=inside().nics[:1], unreadable=(Unreadable("nics", "netlink"),))
    assert found(outside(), blind) == []


def test_a_stick_that_the_bmc_does_not_list_is_none_of_its_business() -> None:
    stick = Disk("sdz", "hdd", 10**12, serial="STICK", transport="usb")
    assert found(outside(), inside(disks=(*inside().disks, stick))) == []


def test_slots_named_by_different_rules_are_no_lost_modules() -> None:
    memory = outside().memory
    renamed = tuple(replace(d, slot=f"Memory {n}", serial="") for n, d in enumerate(memory.dimms))
    assert found(outside(memory=replace(memory, dimms=renamed)), inside()) == []
    (lost,) = found(outside(memory=replace(memory, dimms=renamed[:15])), inside())
    assert (lost.requirement, lost.expected, lost.got, lost.part) == ("sources.dimm", "480 GiB", "512 GiB", "")


def test_a_machine_that_sees_no_disk_at_all_contradicts_a_bmc_that_lists_three() -> None:
    blind = Inventory(source="in-band", identity=inside().identity)
    assert [f.requirement for f in found(outside(), blind)] == ["sources.disk"] * 3


def test_the_merged_inventory_takes_each_fact_from_the_side_that_knows_it() -> None:
    taken = merge(outside(), inside()).inventory
    assert taken.memory.total == 503 * GIB, "what the kernel can use"
    assert len(taken.memory.dimms) == 16
    assert taken.memory.dimms[0].slot == "A1"
    assert [d.name for d in taken.disks] == ["nvme0n1", "sda", "sdb"]
    assert taken.disks[0].health == DiskHealth("ok", 3, 8760, 0)
    assert [p.slot for p in taken.power_supplies] == ["PSU.Slot.1", "PSU.Slot.2"]
    assert taken.settings == {"ProcVirtualization": "Enabled"}
    assert taken.power == "on"
    assert taken.volumes == outside().volumes
    assert taken.sources["disks"] == "out-of-band: redfish Storage; in-band: /sys/block"


def test_what_one_side_alone_states_is_in_the_merged_inventory() -> None:
    ours = inside()
    memory = replace(ours.memory, ecc=None, dimms=tuple(replace(d, rank=None) for d in ours.memory.dimms))
    taken = merge(outside(memory=replace(outside().memory, ecc=True)), inside(memory=memory, tpm=None)).inventory
    assert taken.memory.ecc is True
    assert {d.rank for d in taken.memory.dimms} == {2}
    assert taken.tpm == outside().tpm


def test_of_power_supplies_the_bmc_is_believed() -> None:
    table = (PowerSupply("PSU.Slot.1", True, "ok", 1400, model="PWR SPLY", serial="CNDED0012341"), PowerSupply("Bay 9"))
    outside_ = outside(power_supplies=(PowerSupply("PS1 Status", True, "critical", serial="CNDED0012341"),))
    merged = merge(outside_, inside(power_supplies=table))
    (supply,) = merged.inventory.power_supplies
    assert (supply.slot, supply.health, supply.model) == ("PS1 Status", "critical", "PWR SPLY")
    assert [f.requirement for f in merged.findings] == ["sources.power supply.health"]


def test_a_disk_of_the_bmc_alone_is_not_offered_for_use() -> None:
    extra = Disk("Bay 9", "hdd", 20 * 10**12, serial="ZX9")
    merged = merge(outside(disks=(*outside().disks, extra)), inside())
    assert "ZX9" not in {d.serial for d in merged.inventory.disks}
    assert any(r.value == "ZX9" for f in merged.facts for r in f.readings)


def test_reasons_of_both_sides_stay_with_their_side() -> None:
    taken = merge(outside(unreadable=(Unreadable("log", "HTTP 500"),)), inside()).inventory
    assert taken.unreadable == (Unreadable("log", "out-of-band: HTTP 500"),)
