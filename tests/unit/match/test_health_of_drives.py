"""`healthy`: a disk is what it counts, a volume what is behind it; how much may be counted is the profile's to say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metalctl.content import profiles
from metalctl.model.identity import Identity
from metalctl.model.inventory import Controller, Disk, DiskHealth, Inventory, Volume
from metalctl.model.match import match
from metalctl.model.profile import DiskRequirement, Install, Profile, Range, Requires
from metalctl.model.verdict import Verdict

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
CARDS = ("0000:17:00.0", "0000:b3:00.0")


def asked(kind: str) -> Profile:
    need = DiskRequirement("data", (kind,), Range(1), healthy=True)
    return Profile(name="p", role="storage", requires=Requires(disks=(need,)), install=Install(root_disk="os"))


def healthy(inventory: Inventory, profile: Profile) -> tuple[Verdict, str]:
    found = [f for f in match(inventory, profile) if f.requirement == "disks.data.healthy"]
    worst = next((f for v in (FAIL, UNKNOWN, PASS) for f in found if f.verdict is v), found[0])
    return worst.verdict, worst.got


def disk(health: DiskHealth | None, kind: str = "hdd") -> Inventory:
    one = Disk("sdm", kind, size=10**13, serial="M1", health=health)
    return Inventory(source="in-band", identity=Identity(), disks=(one,))


@pytest.mark.truth("B1", "ok with defects or pending sectors is not healthy")
@pytest.mark.parametrize("health", [DiskHealth("ok", defects=1200, pending=48), DiskHealth("ok", pending=1)])
def test_ok_with_defects_is_not_healthy(health: DiskHealth) -> None:
    assert healthy(disk(health), asked("hdd"))[0] is FAIL


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ({"defects": 0, "pending": 0, "uncorrected": 0, "offline": 0, "timeouts": 0}, PASS),
        ({"other": 40, "non_medium": 9, "link_errors": 2}, PASS),
        ({}, PASS), ({"status": "warning"}, FAIL), ({"status": "failing"}, FAIL),
        ({"faults": ("its self-test failed",)}, FAIL), ({"doubts": ("packed",)}, UNKNOWN),
        ({"doubts": ("packed",), "offline": 2}, FAIL), ({"status": "", "defects": 0}, UNKNOWN), (None, UNKNOWN),
    ],
)  # fmt: skip
def test_each_word_of_a_disk_has_its_verdict(words: dict[str, Any] | None, verdict: Verdict) -> None:
    health = None if words is None else DiskHealth(**{"status": "ok", **words})
    assert healthy(disk(health), asked("hdd"))[0] is verdict


def test_the_doubt_is_told() -> None:
    assert healthy(disk(DiskHealth("ok", doubts=("X is 7, more than one number",))), asked("hdd"))[1].startswith(
        "X is 7"
    )


def written(folder: Path, limits: str) -> Profile:
    file = folder / "mine.yaml"
    roles = '[{role: data, kind: hdd, count: ">= 1", healthy: true}]'
    file.write_text(
        f"role: storage\nrequires:\n  disk_health: {limits}\n  disks: {roles}\ninstall: {{root_disk: data}}\n"
    )
    return profiles.load(file)


def test_the_profile_says_how_much_may_be_counted(tmp_path: Path) -> None:
    eight = disk(DiskHealth("ok", defects=8, uncorrected=0, wear=40))
    assert healthy(eight, written(tmp_path, "{defects: 8}"))[0] is PASS
    assert healthy(eight, written(tmp_path, "{defects: 7}"))[0] is FAIL
    assert healthy(eight, written(tmp_path, "{pending: 9}"))[0] is FAIL, "what it does not name may not be counted"
    assert healthy(eight, written(tmp_path, '{defects: ">= 0", wear: 30 %}')) == (FAIL, "40 % of its rated life used")


def test_the_shipped_profiles_let_nothing_be_counted() -> None:
    for name in ("compute", "controller", "storage"):
        limits = profiles.load(name).requires.disk_health
        counts = (limits.defects, limits.pending, limits.offline, limits.uncorrected, limits.timeouts)
        assert not any(r.holds(1) for r in counts), name
        assert limits.wear
        assert not limits.wear.holds(0.81)


def raid(**change: Any) -> Inventory:
    """Two cards of one kind, a mirror on each, disks in the same slots of both."""
    volumes = tuple(Disk(f"sd{c}", "volume", size=10**12, serial=f"V{n}", controller=CARDS[n], health=DiskHealth("ok"))
                    for n, c in enumerate("ab"))  # fmt: skip
    behind = tuple(
        Disk(f"card{n} s{s}", "hdd", serial=f"D{n}{s}", slot=f"252:{s}", controller=CARDS[n], health=DiskHealth("ok"))
        for n in (0, 1) for s in (0, 1, 2)
    )  # fmt: skip
    arrays = tuple(Volume(f"V{n}", "raid1", members=("252:0", "252:1"), controller=CARDS[n]) for n in (0, 1))
    cards = tuple(Controller(f"host{n}", pci=CARDS[n], mode="raid") for n in (0, 1))
    whole = {"disks": volumes, "raid_disks": behind, "volumes": arrays, "controllers": cards}
    return Inventory("in-band", Identity(), **{**whole, **change})


def with_bad(serial: str, health: DiskHealth | None) -> Inventory:
    whole = raid()
    return replace(
        whole, raid_disks=tuple(replace(d, health=health) if d.serial == serial else d for d in whole.raid_disks)
    )


def failed(inventory: Inventory) -> list[str]:
    found = match(inventory, asked("volume"))
    return [f.part.split()[2] for f in found if f.requirement.endswith(".healthy") and f.verdict is FAIL]


@pytest.mark.truth("B4", "a failing member behind a volume is the volume's fault, on its own controller alone")
@pytest.mark.parametrize("health", [DiskHealth("failing"), DiskHealth("ok", defects=3), DiskHealth("ok", pending=1)])
def test_a_bad_member_fails_the_volume_of_its_own_controller(health: DiskHealth) -> None:
    assert failed(raid()) == []
    assert failed(with_bad("D11", health)) == ["V1"]
    assert failed(with_bad("D02", health)) == [], "it is no member"


@pytest.mark.truth("B4", "a member that nobody could read is UNKNOWN, not in order")
def test_a_member_that_says_nothing_leaves_its_volume_unknown() -> None:
    assert healthy(with_bad("D10", None), asked("volume"))[0] is UNKNOWN
    fewer = tuple(d for d in raid().raid_disks if d.serial != "D00")
    assert healthy(raid(raid_disks=fewer), asked("volume"))[0] is UNKNOWN


@pytest.mark.truth("B4", "where nobody tells which disks a volume is made of, each behind its controller may be one")
def test_without_a_list_of_members_every_disk_of_the_controller_counts() -> None:
    assert failed(replace(with_bad("D02", DiskHealth("failing")), volumes=())) == ["V0"]


@pytest.mark.truth("B4", "a controller that says it is degraded is not in order for what it carries")
def test_a_controller_with_a_fault_fails_its_volumes() -> None:
    cards = raid().controllers
    assert failed(raid(controllers=(cards[0], replace(cards[1], health="critical")))) == ["V1"]


def test_a_battery_or_cache_module_is_named() -> None:
    cards = raid().controllers
    bad = replace(cards[0], faults=("cache module CVPM05: Degraded",))
    assert healthy(raid(controllers=(bad, cards[1])), asked("volume")) == (
        FAIL, f"controller {CARDS[0]}: cache module CVPM05: Degraded")  # fmt: skip
