"""One fault in a good machine gives the named finding and no other, against the profiles that ship.

A fault changes all that it changes in reality: SMT off halves the threads, a module that is gone takes its bytes along.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.content import profiles
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parent))
from machines import GIB, MACHINES, changed, usable

Make = Callable[..., Profile]
ROLES = ("controller", "compute", "storage")
REDUNDANT = {"network": {"bonds": [{"name": "bond0", "members": 2, "distinct_cards": True, "distinct_switches": True}]}}
SHIPPED: dict[str, Any] = {}


def wrong(found: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in found if f.verdict in (Verdict.FAIL, Verdict.UNKNOWN)]


@pytest.mark.parametrize("role", ROLES)
def test_a_good_machine_passes_everything_that_its_profile_asks(role: str) -> None:
    found = match(MACHINES[role], profiles.load(role))
    assert [f.requirement for f in found if f.verdict is not Verdict.PASS] == []
    assert len(found) > 15


def test_a_good_redundant_bond_passes(profile: Make) -> None:
    apart = {"nics.1.pci": "0000:5e:00.0", "nics.1.neighbour.switch": "tor2"}
    assert wrong(match(changed("compute", apart), profile("compute", REDUNDANT))) == []


# sentence: machine, what changes, requires laid over, the finding, a part of `got`, its severity, what `frus` names
FAULTS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str, str, str]] = {
    "a mapped-out DIMM": (
        "compute", {"memory.total": usable(512 * GIB) - 32 * GIB}, {}, "memory.usable", "471", "part M321R4GA3BB6"),
    "one channel unpopulated": (
        "compute", {"memory.dimms.5.size": 0, "memory.total": usable(480 * GIB)},
        {"memory": {"total": ">= 256 GiB"}}, "memory.channels", "1 of 16 channels", "dimm A6"),
    "mixed microcode": (
        "compute", {"cpu.microcode": ["0xa10113e", "0xa101144"], "cpu.packages.1.microcode": "0xa101144"}, {},
        "cpu.microcode", "0xa10113e, 0xa101144", ""),
    "SMT off, where threads are counted": (
        "compute", {"cpu.smt": False, "cpu.threads": 64}, {}, "cpu.threads", "64 threads", ""),
    "SMT off, where cores are counted": (
        "storage", {"cpu.smt": False, "cpu.threads": 16}, {}, "cpu.smt", "off", ""),
    "AMD-V off in firmware": (
        "compute", {"cpu.virtualization": "", "cpu.kvm": False}, {}, "cpu.virtualization", "off", ""),
    "VT-x locked off by the firmware although the flag shows": (
        "compute", {"cpu.virtualization": "vt-x", "cpu.firmware_locked": True, "cpu.kvm": False}, {},
        "cpu.virtualization", "locked off by the firmware", ""),
    "the IOMMU off in firmware": ("compute", {"cpu.iommu": False}, {}, "cpu.iommu", "off", ""),
    "an NVMe on a narrower link": (
        "compute", {"disks.2.link.width": 2}, {}, "disks.data.full_link", "x2 of x4", "disk bay 1"),
    "an NVMe on a slower link": (
        "storage", {"disks.13.link.speed": 8.0}, {}, "disks.wal.full_link", "8.0 of 16.0 GT/s", "serial NVME00"),
    "a drive of the wrong size": (
        "storage", {"disks.7.size": 2 * 10**12}, {}, "disks.osd.count", "11 × hdd", "serial HDD06"),
    "a drive of the wrong endurance class": (
        "storage", {"disks.14.model": "INTEL SSDPF2KX019T1"},
        {}, "disks.wal.endurance", "1 drive writes", "serial NVME01"),
    "11 of 12 HDDs": ("storage", {"disks.7": None}, {}, "disks.osd.count", "11 × hdd", "bay 6"),
    "a WAL device without power-loss protection": (
        "storage", {"disks.13.power_loss_protection": False},
        {}, "disks.wal.power_loss_protection", "no", "serial NVME00"),
    "a failing disk": (
        "storage", {"disks.3.health.status": "failing"}, {}, "disks.osd.healthy", "failing", "serial HDD02"),
    "a NIC at 10 instead of 25 Gb/s": (
        "compute", {"nics.0.speed": 10**10}, {}, "network.bond0.speed", "10 Gb/s", "nic 0000:3b:00.0 eth0"),
    "a NIC with the wrong firmware": (
        "compute", {"nics.0.firmware": "22.28.1002 (MT_0359)", "nics.1.firmware": "22.28.1002 (MT_0359)"}, {},
        "firmware.nic", "22.28.1002", "part MCX623106AN, serial MT2201X0"),
    "bond members on one NIC": (
        "compute", {"nics.1.neighbour.switch": "tor2"}, REDUNDANT, "network.bond0.cards", "card 0000:3b:00", "eth1"),
    "bond members on one switch": (
        "compute", {"nics.1.pci": "0000:5e:00.0"}, REDUNDANT, "network.bond0.switches", "tor1", "eth1"),
    "a BIOS below baseline": (
        "compute", {"firmware.0.version": "2.10"}, {}, "firmware.bios", "2.10", ""),
    "boot mode legacy": ("compute", {"boot_mode": "bios"}, {}, "boot_mode", "bios", ""),
    "a BMC clock that is off": (
        "compute", {"manager.clock_offset": -3600.0}, {}, "bmc.clock", "60 min behind", ""),
    "a PSU missing": (
        "compute", {"power_supplies.1.present": False, "power_supplies.1.health": ""},
        {}, "power.supplies", "1", "psu PS2"),
    "a PSU that a BMC does not list": ("compute", {"power_supplies.1": None}, {}, "power.supplies", "1", ""),
    "a PSU without power": (
        "compute", {"power_supplies.0.health": "critical"},
        {}, "power.supplies", "1", "psu PS1, part 0PSU, serial PSU1"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_one_fault_gives_its_finding_and_no_other(
    fault: tuple[str, dict[str, Any], dict[str, Any], str, str, str], profile: Make
) -> None:
    machine, change, requires, requirement, got, fru = fault
    every = match(changed(machine, change), profile(machine, requires))
    found = wrong(every)
    assert [(f.requirement, f.verdict) for f in found] == [(requirement, Verdict.FAIL)]
    assert [f.verdict for f in every if f.requirement == requirement] == [Verdict.FAIL], "no PASS beside it"
    (finding,) = found
    assert got in finding.got
    assert finding.blocks
    assert finding.expected
    assert len(finding.remedy) > 10
    assert fru in "; ".join(map(str, finding.frus)), finding.frus
    assert bool(finding.frus) is bool(fru)


SILENT: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "no power supply stated": ("compute", {"power_supplies": []}, ["power.supplies"]),
    "a power supply of unknown health": ("compute", {"power_supplies.0.health": ""}, ["power.supplies"]),
    "no BMC stated": ("compute", {"manager": None}, ["bmc.clock"]),
    "no link stated": ("compute", {"disks.1.link": None}, ["disks.data.full_link"]),
    "a link whose greatest width is not stated": ("compute", {"disks.1.link.max_width": None},
        ["disks.data.full_link"]),
    "a model that no data sheet is known of": (
        "storage", {"disks.13.model": "ACME 9000"}, ["disks.wal.endurance", "disks.wal.power_loss_protection"]),
    "a model that is not stated": (
        "storage", {"disks.13.model": ""}, ["disks.wal.endurance", "disks.wal.power_loss_protection"]),
    "no health stated": ("compute", {"disks.0.health": None}, ["disks.os.healthy"]),
    "no microcode stated": (
        "compute", {"cpu.microcode": [], "cpu.packages": []}, ["cpu.microcode"]),
    "no SMT, cores or threads stated": (
        "storage", {"cpu.smt": None, "cpu.threads": None}, ["cpu.smt"]),
    "processors that are offline": (
        "compute",
        {"cpu.cores": 60, "cpu.threads": 120, "unreadable": [{"fact": "cpu.offline", "reason": "CPUs 1-8 are off"}]},
        ["cpu.cores", "cpu.threads"]),
    "a card whose firmware is not stated": (
        "compute", {"nics.0.firmware": "", "nics.1.firmware": ""}, ["firmware.nic"]),
    "a firmware that is not stated": ("compute", {"firmware": []}, ["firmware.bios"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT.keys())
def test_what_is_not_stated_is_unknown_and_never_passes(case: tuple[str, dict[str, Any], list[str]]) -> None:
    machine, change, names = case
    found = wrong(match(changed(machine, change), profiles.load(machine)))
    assert [(f.requirement, f.verdict) for f in found] == [(name, Verdict.UNKNOWN) for name in names]
    assert all(f.remedy for f in found)


def test_a_worn_or_mixed_set_of_disks_only_warns_where_the_profile_says_so() -> None:
    found = wrong(match(changed("storage", {"disks.7.firmware": "0.9"}), profiles.load("storage")))
    assert [(f.requirement, f.severity, f.blocks) for f in found] == [("disks.osd.uniform", "warning", False)]
    assert found[0].frus[0].serial == "HDD06"


def test_an_empty_inventory_passes_nothing() -> None:
    for role in ROLES:
        nothing = Inventory("in-band", replace(MACHINES[role].identity))
        assert [f.requirement for f in match(nothing, profiles.load(role)) if f.verdict is Verdict.PASS] == []


def test_the_lab_drops_what_the_emulated_rack_does_not_state() -> None:
    """What the rack's nodes say in-band: no power supply, link, channel, health or BMC."""
    for role in ROLES:
        good = MACHINES[role]
        memory = replace(
            good.memory, dimms=tuple(replace(d, channel="", socket="") for d in good.memory.dimms), ecc=None
        )
        disks = tuple(replace(d, link=None, health=None, model="QEMU HARDDISK") for d in good.disks)
        cpu = replace(good.cpu, smt=None, threads=good.cpu.cores, microcode=(), packages=(), iommu=False)
        bare = replace(good, power_supplies=(), manager=None, firmware=(), boot_mode="bios", disks=disks, memory=memory)
        found = wrong(match(replace(bare, cpu=cpu), profiles.load(f"lab/{role}")))
        # The rack's bonds are those of the real profiles: 25 Gb/s is what virtio claims.
        assert [f.requirement for f in found] == [], role
