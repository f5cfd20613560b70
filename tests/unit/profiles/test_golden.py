"""Profiles written from golden machines: each machine fits its own, and a lesser one does not."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.content import profiles
from metalctl.content.inventories import Sides
from metalctl.content.profiles._write import GoldenError
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
from machines import MACHINES, changed

pytestmark = pytest.mark.slow  # each reads several profiles


def made(tmp_path: Path, role: str, *machines: Inventory, tolerance: float = 0.01) -> Profile:
    sides = [Sides(f"m{n}", machine) for n, machine in enumerate(machines)]
    file = tmp_path / "golden.yaml"
    file.write_text(profiles.from_machines(sides, role, "golden", tolerance))
    assert profiles.check(file) == []
    return profiles.load(file)


def wrong(machine: Inventory, profile: Profile) -> list[str]:
    return [f.requirement for f in match(machine, profile) if f.verdict in (Verdict.FAIL, Verdict.UNKNOWN)]


@pytest.mark.parametrize("role", ["controller", "compute", "storage"])
def test_a_machine_fits_the_profile_that_was_made_of_it(role: str, tmp_path: Path) -> None:
    profile = made(tmp_path, role, MACHINES[role])
    assert wrong(MACHINES[role], profile) == []
    assert profile.checks == profiles.load(role).checks
    needs = profile.requires
    assert needs.cpu.cores
    assert (needs.cpu.cores.low, needs.cpu.cores.high) == (MACHINES[role].cpu.cores,) * 2
    assert needs.memory.channels
    assert needs.power.supplies
    assert {d.role for d in needs.disks} >= {"os"}


@pytest.mark.parametrize(
    ("change", "requirement"),
    [
        ({"cpu.cores": 60}, "cpu.cores"),
        ({"cpu.model": "EPYC 9354"}, "cpu.model"),
        ({"disks.1.size": 800 * 10**9}, "disks.data.count"),
        ({"disks.2": None}, "disks.data.count"),
        ({"nics.0.speed": 10**10}, "network.bond0.speed"),
        ({"power_supplies.1.capacity": 800.0}, "power.capacity"),
        ({"memory.dimms.3.configured_mts": 4000}, "memory.balanced"),
        ({"firmware.0.version": "2.50"}, "firmware.bios"),
    ],
)
def test_a_lesser_machine_does_not_fit(change: dict[str, object], requirement: str, tmp_path: Path) -> None:
    assert requirement in wrong(changed("compute", change), made(tmp_path, "compute", MACHINES["compute"]))


def test_of_several_machines_the_range_and_what_all_state(tmp_path: Path) -> None:
    other = changed("compute", {"cpu.cores": 96, "cpu.threads": 192, "manager": None, "firmware.0.version": "2.72"})
    profile = made(tmp_path, "compute", MACHINES["compute"], other)
    cores = profile.requires.cpu.cores
    assert cores
    assert cores.text == "64..96"
    assert profile.requires.bmc.clock is None, "one of them does not state it"
    assert profile.requires.firmware["bios"] == {"HPE ProLiant DL385 Gen10 Plus": ">= 2.68"}, "the older one"
    assert wrong(MACHINES["compute"], profile) == wrong(other, profile) == []


def test_what_is_left_out_is_written_with_the_reason(tmp_path: Path) -> None:
    silent = replace(MACHINES["compute"], power_supplies=(), manager=None)
    text = profiles.from_machines([Sides("r7n01", silent)], "compute", "golden")
    assert "clock: ~   # r7n01: expected at most 60 s off, got not stated" in text
    assert "power: ~" in text


def test_a_machine_with_a_fault_is_not_golden() -> None:
    mapped_out = changed("compute", {"memory.total": MACHINES["compute"].memory.total - 32 * 2**30})  # type: ignore[operator]
    with pytest.raises(GoldenError, match=r"memory\.usable"):
        profiles.from_machines([Sides("m0", mapped_out)], "compute", "golden")


def test_a_machine_that_states_nothing_makes_a_profile_that_asks_next_to_nothing(tmp_path: Path) -> None:
    nothing = Inventory("in-band", Identity("S1"))
    assert wrong(nothing, made(tmp_path, "compute", nothing)) == []


def test_a_mirror_of_a_boot_card_serves_the_system_in_the_profile_that_is_made_of_it(tmp_path: Path) -> None:
    good = MACHINES["compute"]
    mirror = replace(good.disks[0], kind="volume", model="DELLBOSS VD")
    machine = replace(good, disks=(mirror, *good.disks[1:]))
    profile = made(tmp_path, "compute", machine)
    assert {d.role: d.kind for d in profile.requires.disks}["os"] == ("volume",)
    assert wrong(machine, profile) == []
    assert wrong(machine, profiles.load("compute")) == [], "the shipped profile takes one too"


def test_the_tolerance_widens_sizes(tmp_path: Path) -> None:
    smaller = changed("compute", {"disks.1.size": 970 * 10**9, "disks.2.size": 970 * 10**9})
    assert wrong(smaller, made(tmp_path, "compute", MACHINES["compute"])) == ["disks.data.count"]
    assert wrong(smaller, made(tmp_path, "compute", MACHINES["compute"], tolerance=0.05)) == []


def test_what_a_site_waives_or_asks_of_some_makes_is_not_inherited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site" / "profiles"
    site.mkdir(parents=True)
    (site / "compute.yaml").write_text(
        "extends: compute\nwhen: [{vendor: hpe, requires: {cpu: {cores: '>= 999'}}}]\n"
        "waivers: [{requirement: cpu.cores, who: a, why: b, until: 2999-01-01}]\n"
    )
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path / "site"))
    profile = made(tmp_path, "compute", MACHINES["compute"])
    assert (profile.variants, profile.waivers) == ((), ())
    assert wrong(changed("compute", {"cpu.cores": 60}), profile) == ["cpu.cores"]
