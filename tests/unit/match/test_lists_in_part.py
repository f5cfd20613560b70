"""A list that was read only in part: nothing that counts, sums or compares its parts passes, on either side."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.model.finding import Finding
from metalctl.model.inventory import Controller, Inventory, PowerSupply, Unreadable
from metalctl.model.match import match
from metalctl.model.merge import merge
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parent))
from machines import MACHINES, dimms

Make = Callable[..., Profile]
COUNTS = "every count, sum and balance of a list that was read in part is unknown"
OTHER = "the other side's word does not make an incomplete list whole"
MACHINE = MACHINES["storage"]
GOOD = replace(
    MACHINE,
    source="out-of-band",
    controllers=(Controller("R1", "HBA", "Acme", "9.1"),),
    power_supplies=tuple(replace(s, firmware="2.0") for s in MACHINE.power_supplies),
)
WANTED: dict[str, Any] = {
    "cpu": {"sockets": "1", "cores": ">= 16", "threads": ">= 32", "models": ["*EPYC*"], "smt": True, "uniform": True},
    "memory": {"total": "64 GiB", "dimms": "4", "balanced": True, "channels": True, "speed": ">= 4800 MT/s",
               "ecc": True},
    "disks": [{"role": "os", "kind": "ssd", "count": "1"},
              {"role": "osd", "kind": "hdd", "count": "12", "uniform": True, "healthy": True}],
    "network": {"bonds": [{"name": "bond0", "members": 2, "speed": ">= 25 Gb/s"}], "nics": []},
    "power": {"supplies": "2", "capacity": ">= 800 W"},
    "firmware": {"bios": {"any": ">= 1"}, "nic": {"any": ">= 1"}, "hdd": {"any": ">= 1"}, "psu": {"any": ">= 1"},
                 "controller": {"any": ">= 1"}},
}  # fmt: skip


def lost(machine: Inventory, fact: str) -> Inventory:
    """The same machine, of whose list one more part could not be read."""
    address = f"/redfish/v1/Systems/1/{fact}/7"
    return replace(machine, unreadable=(Unreadable(fact, f"bmc answers HTTP 404 for {address}"),))


def verdicts(found: tuple[Finding, ...]) -> dict[str, str]:
    return {f.requirement: str(f.verdict) for f in found}


def test_the_machine_whose_lists_were_read_whole_passes(profile: Make) -> None:
    found = verdicts(match(GOOD, profile("storage", WANTED)))
    assert {n for n, v in found.items() if v != "PASS" and not n.startswith(("bmc", "cpu.kvm"))} == set()


@pytest.mark.truth("A1", COUNTS)
@pytest.mark.parametrize("side", ["out-of-band", "in-band"])
@pytest.mark.parametrize(
    ("fact", "names"),
    [
        ("cpu.packages", "cpu.sockets cpu.cores cpu.threads cpu.smt cpu.model cpu.microcode cpu.packages"),
        ("memory.dimms", "memory.total memory.dimms memory.balanced memory.channels memory.speed memory.ecc"),
        ("disks", "disks.os.count disks.osd.count disks.osd.uniform disks.osd.healthy firmware.hdd"),
        ("nics", "network.bond0.members network.bond0.speed firmware.nic"),
        ("power_supplies", "power.supplies power.capacity firmware.psu"),
        ("controllers", "firmware.controller"),
    ],
)
def test_nothing_that_depends_on_the_list_passes_and_all_else_does(
    profile: Make, side: str, fact: str, names: str
) -> None:
    asked, whole = profile("storage", WANTED), replace(GOOD, source=side)
    before, after = verdicts(match(whole, asked)), match(lost(whole, fact), asked)
    expected = set(names.split())
    assert {f.requirement for f in after if f.verdict is Verdict.UNKNOWN} >= expected
    assert all("404" in f.remedy for f in after if f.requirement in expected), "it says what could not be read"
    others = {n: v for n, v in verdicts(after).items() if n not in expected and n != "memory.usable"}
    told = ("cpu.", "disks.", "firmware.hdd", "firmware.nvme") if fact in ("cpu.packages", "disks") else ()
    assert {n: v for n, v in others.items() if v != before[n] and not n.startswith(told)} == {}


@pytest.mark.truth("A1", COUNTS)
@pytest.mark.parametrize("bound", ["2", ">= 2", "<= 2", "<= 3"])
def test_two_of_four_modules_are_no_two(profile: Make, bound: str) -> None:
    half = replace(GOOD, memory=replace(GOOD.memory, dimms=dimms(2, 32, sockets=1)))
    asked = profile("storage", {"memory": {"dimms": bound, "total": "64 GiB"}})
    assert verdicts(match(half, asked))["memory.dimms"] == "PASS"
    found = verdicts(match(lost(half, "memory.dimms"), asked))
    assert (found["memory.dimms"], found["memory.total"]) == ("UNKNOWN", "UNKNOWN")


@pytest.mark.truth("A1", "what the BMC sums up itself stands in for a list that is silent, not for one that is broken")
def test_the_bmcs_own_sum_does_not_stand_in_for_a_list_that_could_not_be_read(profile: Make) -> None:
    bare = replace(GOOD, memory=replace(GOOD.memory, dimms=()))
    asked = profile("storage", {"memory": {"total": ">= 48 GiB"}})
    assert verdicts(match(bare, asked))["memory.total"] == "PASS"
    assert verdicts(match(lost(bare, "memory.dimms"), asked))["memory.total"] == "UNKNOWN"
    inside = replace(bare, source="in-band")
    assert verdicts(match(lost(inside, "memory.dimms"), asked))["memory.total"] == "PASS", "the kernel counts by itself"


def test_what_is_wrong_whatever_else_there_is_stays_wrong(profile: Make) -> None:
    asked = profile("storage", WANTED | {"memory": {"dimms": "<= 3", "balanced": True, "speed": ">= 5600 MT/s"}})
    found = verdicts(match(lost(GOOD, "memory.dimms"), asked))
    assert (found["memory.dimms"], found["memory.speed"]) == ("FAIL", "FAIL"), "four were read, and they are slow"
    odd = replace(GOOD.memory.dimms[0], size=2 * GOOD.memory.dimms[0].size)
    mixed = replace(GOOD, memory=replace(GOOD.memory, dimms=(odd, *GOOD.memory.dimms[1:])))
    assert verdicts(match(lost(mixed, "memory.dimms"), asked))["memory.balanced"] == "FAIL"
    os = {"role": "os", "kind": "ssd"}
    more = profile("storage", {"disks": [os, {"role": "osd", "kind": "hdd", "count": "11"}]})
    assert verdicts(match(lost(GOOD, "disks"), more))["disks.osd.count"] == "FAIL"
    old = profile("storage", {"firmware": {"hdd": {"any": ">= 7"}}})
    assert verdicts(match(lost(GOOD, "disks"), old))["firmware.hdd"] == "FAIL"


@pytest.mark.truth("A1", "a part that was not read may be the one that serves")
def test_a_port_without_a_link_is_not_the_culprit_where_another_could_not_be_read(profile: Make) -> None:
    dark = replace(GOOD, nics=(GOOD.nics[0], replace(GOOD.nics[1], link=False)))
    asked = profile("storage", {})
    assert verdicts(match(dark, asked))["network.bond0.link"] == "FAIL"
    assert verdicts(match(lost(dark, "nics"), asked))["network.bond0.link"] == "UNKNOWN"


@pytest.mark.truth("A1", "a model that no baseline describes is not skipped where a part was not read")
def test_a_baseline_for_other_models_is_not_skipped(profile: Make) -> None:
    asked = profile("storage", {})
    other = replace(GOOD, nics=tuple(replace(n, model="Acme Ten") for n in GOOD.nics))
    assert verdicts(match(other, asked))["firmware.nic"] == "SKIP"
    assert verdicts(match(lost(other, "nics"), asked))["firmware.nic"] == "UNKNOWN"


@pytest.mark.truth("A1", OTHER)
def test_the_bmcs_full_list_does_not_turn_our_half_into_a_pass(profile: Make) -> None:
    inside = lost(replace(GOOD, source="in-band"), "memory.dimms")
    asked = profile("storage", {"memory": {"dimms": "4"}})
    (found,) = [f for f in match(inside, asked, GOOD) if f.requirement == "memory.dimms"]
    assert found.verdict is Verdict.UNKNOWN
    assert "out-of-band: 4" in found.source, "but its word is told"


def test_our_full_list_stands_whatever_the_bmc_could_not_read(profile: Make) -> None:
    inside = replace(GOOD, source="in-band")
    asked = profile("storage", {"memory": {"dimms": "4"}})
    found = verdicts(match(inside, asked, lost(GOOD, "memory.dimms")))
    assert found["memory.dimms"] == "PASS"
    silent = replace(inside, memory=replace(inside.memory, dimms=()))
    assert verdicts(match(silent, asked, GOOD))["memory.dimms"] == "PASS", "a side that is silent is answered for"
    assert verdicts(match(silent, asked, lost(GOOD, "memory.dimms")))["memory.dimms"] == "UNKNOWN"


@pytest.mark.truth("A1", OTHER)
def test_our_table_of_the_last_boot_does_not_answer_for_a_supply_that_the_bmc_could_not_read(profile: Make) -> None:
    inside = replace(GOOD, source="in-band")
    asked = profile("storage", {"power": {"supplies": "2"}})
    (found,) = [f for f in match(inside, asked, lost(GOOD, "power_supplies")) if f.requirement == "power.supplies"]
    assert found.verdict is Verdict.UNKNOWN
    dead = replace(inside, power_supplies=(PowerSupply("1", True, "critical"), inside.power_supplies[1]))
    assert verdicts(match(dead, asked, lost(GOOD, "power_supplies")))["power.supplies"] == "FAIL"


@pytest.mark.truth("A1", "sums of lists that were read in part are no contradiction of the two sides")
def test_half_of_the_bmcs_modules_do_not_contradict_ours() -> None:
    renamed = tuple(replace(d, slot=f"BANK {n}", serial="") for n, d in enumerate(GOOD.memory.dimms))
    outside = lost(replace(GOOD, memory=replace(GOOD.memory, dimms=renamed[:2])), "memory.dimms")
    inside = replace(GOOD, source="in-band")
    assert [f.requirement for f in merge(outside, inside).findings if "dimm" in f.requirement] == []
