"""Where a disk is missing: between the bays in use, or where machines of the same make have one."""

from __future__ import annotations

import pytest

from metalctl.model import places
from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.verdict import Verdict

MISSING = Finding("disks.osd.count", Verdict.FAIL, "≥ 3 × hdd", "2 × hdd", remedy="1 missing")


def disks(*slots: str, enclosure: str = "") -> tuple[Disk, ...]:
    return tuple(Disk(f"sd{n}", "hdd", 10**12, slot=slot, enclosure=enclosure) for n, slot in enumerate(slots))


def machine(*slots: str, product: str = "R750") -> Inventory:
    return Inventory("in-band", Identity(manufacturer="Dell Inc.", product=product), disks=disks(*slots))


@pytest.mark.parametrize(
    ("slots", "empty"),
    [
        (("bay 0", "bay 1", "bay 3"), ("bay 2",)),
        (("bay 0", "bay 1"), ()),
        (("Slot 01", "Slot 04"), ("Slot 02", "Slot 03")),
        (("252:0", "252:2"), ("252:1",)),
        (("Disk 3 in Backplane", "Disk 1 in Backplane"), ("Disk 2 in Backplane",)),
        (("front", "rear"), ()),
        ((), ()),
        (("", "1", "3"), ("2",)),
    ],
)
def test_a_bay_between_two_in_use_is_empty(slots: tuple[str, ...], empty: tuple[str, ...]) -> None:
    assert places.gaps(disks(*slots)) == empty


def test_equal_numbers_of_two_enclosures_are_two_bays() -> None:
    both = (*disks("1", "3", enclosure="5000a"), *disks("1", "2", "3", enclosure="5000b"))
    assert places.gaps(both) == ("2",)


def test_a_bay_that_all_peers_of_the_make_fill_is_named() -> None:
    peers = [machine("bay 0", "bay 1", "bay 2"), machine("bay 0", "bay 1", "bay 2", "bay 10")]
    other = machine("bay 0", "bay 1", "bay 2", "bay 9", product="R650")
    (found,) = places.named([MISSING], machine("bay 0", "bay 1"), [*peers, other])
    assert found.part == "bay 2 is empty, where machines of the same make have a disk"
    assert [str(fru) for fru in found.frus] == ["disk bay 2"]


def test_without_a_peer_of_the_make_nothing_is_named() -> None:
    lone = machine("bay 0", "bay 1")
    assert places.named([MISSING], lone, [machine("bay 0", "bay 1", "bay 2", product="R650")]) == (MISSING,)
    assert places.named([MISSING], lone, []) == (MISSING,)
    nobody = Inventory("in-band", Identity(), disks=disks("bay 0"))
    blank = Inventory("in-band", Identity(), disks=disks("bay 0", "bay 1"))
    assert places.named([MISSING], nobody, [blank]) == (MISSING,), "no make is no same make"


def test_a_finding_of_another_thing_keeps_its_words() -> None:
    other = Finding("memory.total", Verdict.FAIL, "≥ 512 GiB", "480 GiB", remedy="look")
    peers = [machine("bay 0", "bay 1")]
    assert places.named([other], machine("bay 0"), peers) == (other,)


@pytest.mark.parametrize(
    ("empty", "said"),
    [
        (("3",), "bay 3 is empty"),
        (("bay 3", "bay 4"), "bay 3 and bay 4 are empty"),
        (tuple(map(str, range(10))), "bay 0, bay 1, bay 2, bay 3, bay 4, bay 5, bay 6, bay 7 and 2 more are empty"),
    ],
)
def test_empty_bays_are_said_in_words(empty: tuple[str, ...], said: str) -> None:
    assert places.words(empty) == said
