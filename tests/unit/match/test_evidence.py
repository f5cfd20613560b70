"""Every finding carries what a ticket needs: expected, got, where it was read, what to do, and the part wherever one is
known. All cases and faults of this folder are walked, and machines that state nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.content import profiles
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Controller, Disk, Inventory, Unreadable
from metalctl.model.match import match
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parent))
from machines import MACHINES, changed
from test_faults import FAULTS
from test_match import CASES

Make = Callable[..., Profile]
BAD = (Verdict.FAIL, Verdict.UNKNOWN)
# Everything that can be asked, so that no kind of finding is left out.
ALL: dict[str, Any] = {
    "cpu": {"sockets": "2", "cores": ">= 1", "threads": ">= 1", "smt": True, "uniform": True, "kvm": True,
            "iommu": True, "virtualization": ["vt-x", "amd-v"], "models": ["*EPYC*"]},
    "memory": {"total": ">= 1 GiB", "dimms": ">= 1", "balanced": True, "channels": True, "speed": ">= 1 MT/s",
               "ecc": True},
    "disks": [{"role": "os", "kind": ["ssd", "nvme"], "count": "1", "healthy": True, "uniform": True, "models": ["*"],
               "wear": "<= 99 %", "endurance": ">= 0.1 DWPD", "power_loss_protection": True},
              {"role": "data", "kind": "nvme", "count": ">= 1", "full_link": True, "link_width": ">= 1",
               "link_speed": ">= 1 GT/s"}],
    "network": {"bonds": [{"name": "bond0", "members": 2, "speed": ">= 1 Gb/s", "distinct_cards": True,
                           "distinct_switches": True}], "nics": [{"count": ">= 0"}]},
    "boot_mode": "uefi", "secure_boot": True, "tpm": "2.0", "settings": {"ProcVirtualization": "Enabled"},
    "power": {"supplies": ">= 2", "capacity": ">= 1 W"}, "bmc": {"clock": "60 s", "models": ["*"]},
    "firmware": {"bios": {"any": ">= 1"}, "nic": {"any": ">= 1"}, "nvme": {"any": ">= 1"}, "psu": {"any": ">= 1"},
                 "controller": {"any": ">= 9"}},
    "cabling": [{"port": "ens1f0", "switch": "leaf-9", "switch_port": "1"}],
}  # fmt: skip


def known(inventory: Inventory, part: str) -> Iterator[str]:
    """The serials (else slots) of the listed parts that a finding's `part` names."""
    for disk in (*inventory.disks, *inventory.raid_disks):
        if disk.label in part:
            yield disk.serial
    for nic in inventory.nics:
        if nic.label in part:
            yield nic.serial or nic.mac
    for supply in inventory.power_supplies:
        if re.search(rf"\bPSU {re.escape(supply.slot)}\b", part):
            yield supply.serial or supply.slot
    for controller in inventory.controllers:
        if controller.name == part:
            yield controller.serial
    if "DIMM " in part:
        named = set(re.findall(r"[\w.-]+", part.partition("DIMM ")[2]))
        yield from (d.serial if d.size else d.slot for d in inventory.memory.dimms if d.slot in named)


def lacks(finding: Finding, inventory: Inventory) -> list[str]:
    """What a finding should carry and does not."""
    told = {"expected": finding.expected, "got": finding.got, "source": finding.source}
    if finding.verdict in BAD:
        told["remedy"] = finding.remedy
    found = [f"{finding.requirement} has no {name}" for name, text in told.items() if not text]
    if finding.verdict not in BAD:
        return found
    carried = {text for fru in finding.frus for text in (fru.serial, fru.slot)}
    return found + [f"{finding.requirement} names {p} without its FRU" for p in known(inventory, finding.part)
                    if p not in carried]  # fmt: skip


def walked(profile: Make) -> Iterator[tuple[Inventory, Finding]]:
    """Every finding of all cases and faults, and of everything asked of a good machine, a bare one and a poor one."""
    for case in CASES.values():
        machine = changed(case["machine"], case.get("change", {}))
        asked = profile(case["machine"], case.get("requires", {}), **case.get("profile", {}))
        yield from ((machine, f) for f in match(machine, asked))
    for name, change, requires, *_ in FAULTS.values():
        machine = changed(name, change)
        yield from ((machine, f) for f in match(machine, profile(name, requires)))
    good = MACHINES["compute"]
    card = Controller("host0", "PERC H755", "Broadcom", "5.1", "CARD1", "0000:01:00.0")
    mute = tuple(
        replace(d, model="", firmware="", health=None, link=None, power_loss_protection=None) for d in good.disks
    )
    mixed = (good.cpu.packages[0], replace(good.cpu.packages[1], model="EPYC 9354"))
    for machine in (
        good,
        replace(good, controllers=(card,)),
        replace(good, disks=mute, cpu=replace(good.cpu, packages=mixed)),
        Inventory("in-band", Identity()),
    ):
        yield from ((machine, f) for f in match(machine, profile("compute", ALL)))


def kind_of(requirement: str) -> str:
    """The requirement without the names that a profile gives: a role, a setting, a port."""
    return re.sub(r"^(disks|settings|cabling|network)\.[^.]+(?:\.\d\S*)?", r"\1.*", requirement)


@pytest.mark.slow
def test_every_finding_says_what_was_expected_what_was_got_and_where_and_names_the_part_that_it_knows(
    profile: Make,
) -> None:
    wanting: list[str] = []
    bad, kinds = set(), set()
    for machine, finding in walked(profile):
        wanting += lacks(finding, machine)
        kinds.add(kind_of(finding.requirement))
        if finding.verdict in BAD:
            bad.add(kind_of(finding.requirement))
    assert sorted(set(wanting)) == []
    assert sorted(kinds - bad) == [], "each kind of finding was seen to go wrong"
    assert len(kinds) > 45


def test_a_controllers_old_firmware_names_the_card(profile: Make) -> None:
    card = Controller("host0", "PERC H755", "Broadcom", "5.1", "CARD1", "0000:01:00.0")
    machine = replace(MACHINES["compute"], controllers=(card,))
    asked = profile("compute", {"firmware": {"controller": {"any": ">= 9"}}})
    (found,) = [f for f in match(machine, asked) if f.requirement == "firmware.controller"]
    assert (found.verdict, [str(fru) for fru in found.frus]) == (
        Verdict.FAIL, ["controller 0000:01:00.0, part PERC H755, serial CARD1"])  # fmt: skip


def test_the_one_processor_of_another_microcode_is_named_and_of_two_neither(profile: Make) -> None:
    cpu = MACHINES["compute"].cpu
    four = tuple(replace(cpu.packages[0], socket=f"P{n}", serial=f"CPU{n}") for n in range(4))
    odd = (*four[:3], replace(four[3], microcode="0xdead"))
    for packages, serials in ((odd, ["CPU3"]), (odd[2:], [])):
        machine = replace(MACHINES["compute"], cpu=replace(cpu, packages=packages, microcode=()))
        (found,) = [f for f in match(machine, profile("compute", {})) if f.requirement == "cpu.microcode"]
        assert (found.verdict, [fru.serial for fru in found.frus]) == (Verdict.FAIL, serials)


def volume(name: str, serial: str) -> Disk:
    return Disk(name, "volume", 20 * 10**12, True, serial, controller="0000:3b:00.0", by_path=f"/dev/{name}")


def test_volumes_are_not_counted_as_disks_and_those_behind_them_are_named() -> None:
    """Twelve hard disks, each a RAID 0 volume of its own: the system sees twelve `hdd`, and not one of them is."""
    good = MACHINES["storage"]
    disks = [d for d in good.disks if d.kind == "hdd"]
    assert len(disks) == 12
    shown = tuple(volume(f"sd{n}", f"VD{n}") for n in range(12))
    behind = tuple(replace(d, name=f"megaraid,{n} /dev/bus/0", slot=f"32:{n}") for n, d in enumerate(disks))
    machine = replace(good, disks=(*(d for d in good.disks if d.kind != "hdd"), *shown), raid_disks=behind)
    (found,) = [f for f in match(machine, profiles.load("storage")) if f.requirement == "disks.osd.count"]
    assert (found.verdict, found.got) == (Verdict.FAIL, "none")
    assert "switch it to HBA mode" in found.remedy
    assert [fru.serial for fru in found.frus] == [d.serial for d in disks]
    assert found.frus[0].slot == "32:0"


def test_volumes_behind_which_nobody_could_look_are_named_with_the_reason() -> None:
    good = MACHINES["storage"]
    note = Unreadable("raid_disks", "smartctl is not installed")
    disks = (*(d for d in good.disks if d.kind != "hdd"), volume("sda", "VD0"))
    (found,) = [
        f
        for f in match(replace(good, disks=disks, unreadable=(note,)), profiles.load("storage"))
        if f.requirement == "disks.osd.count"
    ]
    assert found.verdict is Verdict.FAIL
    assert "sda are volumes of a RAID controller" in found.remedy
    assert "smartctl is not installed" in found.remedy
    assert "seat" not in found.remedy


def test_a_volume_serves_where_the_profile_names_it_and_nowhere_else(profile: Make) -> None:
    machine = replace(MACHINES["compute"], disks=(volume("sda", "VD1"), *MACHINES["compute"].disks[1:]))
    for kinds, verdict in ((["ssd", "volume"], Verdict.PASS), (["ssd"], Verdict.FAIL)):
        asked = profile("compute", {"disks": [{"role": "os", "kind": kinds, "count": ">= 1"}]})
        (found,) = [f for f in match(machine, asked) if f.requirement == "disks.os.count"]
        assert found.verdict is verdict
