"""What the BMC says beside what the node says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from metalctl.content import profiles
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import match, rank
from metalctl.model.match._firmware import satisfies
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parent))
from machines import MACHINES, changed

GOOD = MACHINES["compute"]
INSIDE = replace(GOOD, power_supplies=(), manager=None, sources={"cpu": "/proc/cpuinfo", "memory.dimms": "dmidecode"})
OUTSIDE = replace(
    GOOD, source="out-of-band", sources={"power_supplies": "redfish PowerSubsystem", "memory": "redfish Memory"}
)


def found(inside: Inventory, outside: Inventory | None = None) -> dict[str, Finding]:
    return {f.requirement: f for f in match(inside, profiles.load("compute"), outside)}


def test_what_only_the_bmc_knows_is_its_finding() -> None:
    alone, both = found(INSIDE), found(INSIDE, OUTSIDE)
    assert (alone["power.supplies"].verdict, alone["bmc.clock"].verdict) == (Verdict.UNKNOWN, Verdict.UNKNOWN)
    assert (both["power.supplies"].verdict, both["bmc.clock"].verdict) == (Verdict.PASS, Verdict.PASS)
    assert both["power.supplies"].source == "out-of-band redfish PowerSubsystem"
    assert both["cpu.cores"].source == "in-band /proc/cpuinfo"
    assert both["memory.balanced"].source == "in-band dmidecode"


def test_what_the_bmc_finds_wrong_is_wrong() -> None:
    dark = replace(OUTSIDE, power_supplies=OUTSIDE.power_supplies[:1])
    assert found(INSIDE, dark)["power.supplies"].verdict is Verdict.FAIL


def test_of_power_supplies_the_bmc_has_the_last_word() -> None:
    """The firmware's table lists both bays in order; the BMC sees that one has no power."""
    dead = replace(
        OUTSIDE, power_supplies=(OUTSIDE.power_supplies[0], replace(OUTSIDE.power_supplies[1], health="critical"))
    )
    listed = replace(INSIDE, power_supplies=OUTSIDE.power_supplies)
    assert found(listed)["power.supplies"].verdict is Verdict.PASS
    assert found(listed, dead)["power.supplies"].verdict is Verdict.FAIL
    silent = replace(OUTSIDE, power_supplies=())
    assert found(listed, silent)["power.supplies"].verdict is Verdict.PASS


def test_what_neither_knows_stays_unknown() -> None:
    silent = replace(OUTSIDE, power_supplies=())
    assert found(INSIDE, silent)["power.supplies"].verdict is Verdict.UNKNOWN


def test_a_failure_carries_what_the_other_side_says() -> None:
    fifteen = replace(INSIDE, memory=replace(INSIDE.memory, dimms=INSIDE.memory.dimms[:-1]))
    finding = found(fifteen, OUTSIDE)["memory.total"]
    assert finding.verdict is Verdict.FAIL, "the BMC's 16 modules do not make 15 enough"
    assert finding.source == "in-band dmidecode: 480 GiB in 15 DIMMs; out-of-band redfish Memory: 512 GiB in 16 DIMMs"


def test_the_bmc_does_not_answer_for_disks_that_were_chosen_in_band() -> None:
    hidden = tuple(replace(d, serial="") if d.kind == "nvme" else d for d in INSIDE.disks)
    assert found(replace(INSIDE, disks=hidden), OUTSIDE)["disks.data.count"].verdict is Verdict.UNKNOWN


def test_the_variant_is_that_of_the_side_that_states_the_product(profile: Callable[..., Profile]) -> None:
    asked = profile("compute", {}, when=[{"vendor": "hpe", "requires": {"cpu": {"cores": ">= 1000"}}}])
    nameless = replace(INSIDE, identity=Identity("S1"))
    assert [f.requirement for f in match(nameless, asked, OUTSIDE) if f.blocks] == ["cpu.cores"]


def test_a_waiver_counts_to_the_end_of_its_last_day(profile: Callable[..., Profile]) -> None:
    waiver = {"requirement": "cpu.iommu", "who": "ops", "why": "x", "until": "2026-05-31"}
    asked = profile("compute", {}, waivers=[waiver])
    broken = changed("compute", {"cpu.iommu": False})

    def blocks(day: date) -> bool:
        return any(f.blocks for f in match(broken, asked, today=day))

    assert not blocks(date(2026, 5, 31))
    assert blocks(date(2026, 6, 1))


def test_profiles_are_ranked_by_what_stands_against_them_then_by_use() -> None:
    known = [profiles.load(name) for name in profiles.names()]

    def order(machine: str, **change: Any) -> list[str]:
        return [r.profile.name for r in rank(changed(machine, change), known)]

    assert order("compute")[0] == "compute", "the controller's demands are met, too, but use less of the machine"
    assert order("storage")[0] == "storage"
    assert order("controller")[0] == "controller"
    assert order("compute", boot_mode="bios", **{"cpu.cores": 8})[0].startswith("lab/")


def test_a_ranked_profile_says_what_stands_against_it() -> None:
    ranked = {
        r.profile.name: r for r in rank(changed("compute", {}), [profiles.load("compute"), profiles.load("storage")])
    }
    assert ranked["compute"].fits
    assert "cpu.cores: 64 cores" in ranked["compute"].reasons
    assert "disks.osd.count: expected ≥ 12 × hdd of ≥ 4 TB, got none" in ranked["storage"].reasons
    assert 0.8 < ranked["compute"].use <= 1, "it asks for two of three disks"


def test_versions_compare_as_numbers_and_past_what_makers_write_around_them() -> None:
    assert satisfies("1.10.0", ">= 1.9.2")
    assert not satisfies("1.9.1", ">= 1.9.2")
    assert satisfies("22.31.1014 (MT_0000000359)", "= 22.31.1014")
    assert satisfies("U30 v2.68 (07/14/2022)", ">= 2.60")
    assert not satisfies("U30 v2.40 (07/14/2021)", ">= 2.60")
    assert satisfies("8.50 0x8000b6c7 1.3082.0", "<= 8.50")
    assert satisfies("GDC5902Q", ">= GDC5602Q")
    assert satisfies("1.0", ">= 1.0-rc2")
    assert not satisfies("", ">= 1")
