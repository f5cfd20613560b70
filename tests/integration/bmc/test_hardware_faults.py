"""A part that is missing, broken or wrong, from the BMC's answer to the finding: that finding, and no other, is new.

Two BMCs over TLS, one of them with the fault, are read by our own sweep and held against the profiles that ship. Where
those do not ask (BIOS attributes, a baseline of the synthetic BIOS, a drive that no table knows) a profile that extends
them does. What no BMC of the fleet states is UNKNOWN on both sides and cancels out.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import Credential, parse_endpoint
from metalctl.bmc.redfish.sweep.sweeping import sweep
from metalctl.content import profiles
from metalctl.lab.faults import find, names
from metalctl.lab.faults.hardware import Hardware
from metalctl.lab.fleet import Fleet, FleetSettings, load_tree, parse_fault
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

# The case's own data sheet: what the drive's maker says of it.
DESKTOP = {"drives": {"*SSDPED1D*": {"endurance": 10, "power_loss_protection": False}}}
BIOS = {"requires": {"firmware": {"bios": {"example-h2": ">= 1.4.0"}}}}


def asks(name: str, value: Any) -> dict[str, Any]:
    """What a profile asks beside the shipped one."""
    return {"requires": {name: value}}


# fault: tree, what the profile asks beside the shipped one, the finding, a part of `got`, a part of what `frus` names
FAULTS: dict[str, tuple[str, dict[str, Any], str, str, str]] = {
    "bios-old": ("compute", BIOS, "firmware.bios", "0.9.1", ""),
    "channel-empty": ("compute", {}, "memory.channels", "1 of 24 channels with fewer", "dimm B12"),
    "clock-skew:-7200": ("compute", {}, "bmc.clock", "2 h behind", ""),
    "ecc-off": ("storage", {}, "memory.ecc", "no ECC", ""),
    "failing-drive": ("storage", {}, "disks.osd.healthy", "predicts its failure", "Bay 11, part"),
    "failing-drive:nvme": ("compute", {}, "disks.data.healthy", "predicts its failure", "Bay 3, part"),
    "iommu-off": ("compute", asks("settings", {"Iommu": "Enabled"}), "settings.Iommu", "Disabled", ""),
    "legacy-boot": ("controller", {}, "boot_mode", "bios", ""),
    "mapped-out-dimm": ("compute", {}, "memory.health", "critical", "dimm B12"),
    "missing-drive": ("storage", {}, "disks.osd.count", "11 × hdd", "Bay 11"),
    "mixed-drive-firmware": ("storage", {}, "disks.osd.uniform", "1 × ST8000NM001A 0001", "Bay 11, part"),
    "mixed-microcode": ("compute", {}, "cpu.microcode", "0x0a101100, 0x0a101148", ""),
    "narrow-link": ("compute", {}, "disks.data.full_link", "x2 of x4, 16.0 of 16.0 GT/s", "Bay 3, part"),
    "nic-10g": ("compute", {}, "network.bond0.speed", "10 Gb/s", "nic"),
    "nic-firmware-old": ("compute", {}, "firmware.nic", "14.20.1010", "nic"),
    "nic-no-link": ("storage", {}, "network.bond0.link", "no link", "nic"),
    "no-power-loss-protection": ("storage", DESKTOP, "disks.wal.power_loss_protection", "no", "Bay 15, part"),
    "psu-failed": ("compute", {}, "power.supplies", "1", "psu PSU 2"),
    "psu-missing": ("storage", {}, "power.supplies", "1", "psu PSU 2"),
    "smt-off": ("compute", {}, "cpu.threads", "64 threads", ""),
    "tpm-off": ("controller", asks("tpm", "2.0"), "tpm", "none", ""),
    "virtualization-off": ("compute", asks("settings", {"SvmMode": "Enabled"}), "settings.SvmMode", "Disabled", ""),
    "wrong-drive": ("storage", {}, "disks.osd.count", "11 × hdd", "Bay 11, part"),
    "wrong-endurance": ("storage", {}, "disks.wal.endurance", "1 drive writes", "Bay 15, part"),
}
MORE = {
    "smt-off on a machine that is to have it": ("smt-off", "storage", "cpu.smt", "off"),
    "VT-d off on Intel": ("iommu-off", "storage", "settings.VtForDirectIo", "Disabled"),
    "VT-x off on Intel": ("virtualization-off", "storage", "settings.VtForX", "Disabled"),
}
# What no BMC of the fleet states, and so nobody can tell before the ramdisk has booted.
UNSTATED = {
    "compute": {"cpu.virtualization", "cpu.kvm", "cpu.iommu"},
    "controller": set(),
    "storage": set(),
}


async def read(tree: str, fault: str) -> tuple[Inventory, Inventory]:
    """The inventory of the good machine and of the one with the fault."""
    settings = FleetSettings(count=2, base="127.78.30.1", tls=True, faults=(parse_fault(f"{fault}=0.5"),))
    fleet = Fleet(load_tree(tree), settings)
    await fleet.start()
    try:
        (broken,) = [bmc.address for bmc in fleet.bmcs if bmc.faults]
        endpoints = [parse_endpoint(f"https://{bmc.address}:{fleet.port}") for bmc in fleet.bmcs]
        rows = [row async for row in sweep(endpoints, Credential("admin", "password"), deadline=240, timeout=240)]
    finally:
        await fleet.close()
    assert [(row.error, row.findings) for row in rows] == [(None, ())] * 2
    # What is out of use by the BMC's own word is doubted where it is counted; nothing else is unread.
    assert all("is disabled" in note.reason for row in rows for note in row.inventory.unreadable)
    good, bad = sorted(rows, key=lambda row: row.endpoint.address == broken)
    return good.inventory, bad.inventory


def profile_of(role: str, extra: dict[str, Any], tmp_path: Path) -> Profile:
    """The shipped profile; with something to add, one that extends it. JSON is YAML."""
    if not extra:
        return profiles.load(role)
    file = tmp_path / "case.yaml"
    file.write_text(json.dumps({"extends": role, **extra}))
    return profiles.load(file)


def wrong(found: tuple[Finding, ...]) -> set[tuple[str, Verdict]]:
    return {(f.requirement, f.verdict) for f in found if f.verdict in (Verdict.FAIL, Verdict.UNKNOWN)}


def only(fault: str, tree: str, profile: Profile, requirement: str, got: str) -> Finding:
    """The one finding that is new, and that nothing else is or is gone."""
    good, bad = asyncio.run(read(tree, fault))
    before, after = match(good, profile), match(bad, profile)
    assert wrong(before) == {(name, Verdict.UNKNOWN) for name in UNSTATED[tree]}
    doubted = {note.fact.partition(".")[0] for note in bad.unreadable}
    new = {(name, verdict) for name, verdict in wrong(after) - wrong(before) if name.partition(".")[0] not in doubted
           or verdict is not Verdict.UNKNOWN}  # fmt: skip
    assert new == {(requirement, Verdict.FAIL)}
    assert wrong(before) - wrong(after) == set()
    (finding,) = [f for f in after if f.requirement == requirement]
    assert got in finding.got
    assert len(finding.remedy) > 10
    return finding


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hardware_fault_gives_its_finding_and_no_other(fault: str, tmp_path: Path) -> None:
    tree, extra, requirement, got, fru = FAULTS[fault]
    finding = only(fault, tree, profile_of(tree, extra, tmp_path), requirement, got)
    assert finding.blocks is (requirement != "disks.osd.uniform"), "the profile only warns of a mixed set"
    assert bool(finding.frus) is bool(fru)
    assert fru in "; ".join(map(str, finding.frus))


@pytest.mark.parametrize("case", MORE.values(), ids=MORE.keys())
def test_a_setting_is_found_under_its_makers_name(case: tuple[str, str, str, str], tmp_path: Path) -> None:
    fault, tree, requirement, got = case
    setting = requirement.removeprefix("settings.")
    extra = {} if setting == requirement else asks("settings", {setting: "Enabled"})
    only(fault, tree, profile_of(tree, extra, tmp_path), requirement, got)


def test_every_hardware_fault_there_is_has_its_case() -> None:
    every = {name for name in names() if issubclass(find(name), Hardware)}
    assert every - {fault.partition(":")[0] for fault in FAULTS} == set()
    assert len(every) > 20
