"""What was matched before changes nothing: texts and version bounds are remembered between machines, facts never."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.content import profiles
from metalctl.model.codec import encode
from metalctl.model.inventory import Inventory
from metalctl.model.match import _firmware, _quality, _words, match
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict

sys.path.insert(0, str(Path(__file__).parent))
from machines import changed

MACHINES = ("compute", "storage", "controller")


def machines(kind: str) -> Iterator[Inventory]:
    """A good one, and some of which a part differs, each from the one before."""
    good = changed(kind, {})
    yield good
    yield replace(good, firmware=tuple(replace(one, version="0.0.1") for one in good.firmware))
    yield replace(good, memory=replace(good.memory, dimms=good.memory.dimms[1:]))
    yield replace(good, disks=tuple(replace(one, health=None) for one in good.disks))
    yield replace(good, disks=good.disks[:-1])
    yield replace(good, nics=tuple(replace(one, speed=1_000_000_000) for one in good.nics))
    yield good


def findings(inventory: Inventory, profile: Profile) -> str:
    return json.dumps(encode(match(inventory, profile)))


def cold() -> None:
    for remembered in (_firmware.satisfies, _quality.asked, _words.signs):
        remembered.cache_clear()


@pytest.mark.parametrize("kind", MACHINES)
def test_findings_are_the_same_to_the_byte_whatever_was_matched_before(kind: str) -> None:
    profile = profiles.load(kind)
    alone = []
    for inventory in machines(kind):
        cold()
        alone.append(findings(inventory, profile))
    assert [findings(inventory, profile) for inventory in machines(kind)] == alone
    assert [findings(inventory, profile) for inventory in reversed(list(machines(kind)))] == alone[::-1]
    assert len(set(alone)) > 3, "the machines differ in what is found of them"


def test_firmware_of_one_bound_is_held_to_it_version_by_version(profile: Callable[..., Profile]) -> None:
    """The bound is remembered with the version it was compared with."""
    good = changed("compute", {})
    wanted = profile("compute", {"firmware": {"bios": {"any": ">= 3.0"}}})
    told = []
    for version in ("99.1", "0.1", "99.1", "0.1"):
        machine = replace(good, firmware=tuple(replace(one, version=version) for one in good.firmware))
        told += [f.verdict for f in match(machine, wanted) if f.requirement == "firmware.bios"]
    assert told == [Verdict.PASS, Verdict.FAIL, Verdict.PASS, Verdict.FAIL]
