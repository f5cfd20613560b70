"""No profile and no inventory, however made, gives a traceback, and nothing that is unknown passes for it."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metalctl.content import inventories, profiles
from metalctl.content.inventories import InventoryError, Sides
from metalctl.content.profiles import ProfileError
from metalctl.content.profiles._write import GoldenError
from metalctl.model.codec import DecodeError, decode, encode
from metalctl.model.inventory import Inventory
from metalctl.model.match import bonds, disk_roles, match, rank

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
from machines import MACHINES

pytestmark = pytest.mark.slow
RELAXED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PROFILES = [profiles.load(name) for name in profiles.names()]
MACHINE = encode(MACHINES["storage"])
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([0, -1, 2**62, -(2**62)]), st.floats(),
    st.text(max_size=4), st.just([]), st.just({}), st.sampled_from(["unknown", "hdd", "*", "[", "1.0", "\x1b[31m"]),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something can be changed."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [p for key, item in inner for p in [(*path, key), *places(item, (*path, key))]]


PLACES = places(MACHINE)
OTHERS = [p for p in PLACES if p[0] != "identity"]


def mutated(changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    data = json.loads(json.dumps(MACHINE))
    for path, value in changes:
        place = data
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
    return data


MUTATIONS = st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=12)


@RELAXED
@given(MUTATIONS)
def test_whatever_decodes_is_matched_against_every_profile(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    try:
        inventory = decode(Inventory, mutated(changes))
    except DecodeError:
        return
    for ranked in rank(inventory, PROFILES, MACHINES["storage"]):
        assert len(ranked.findings) >= 5
        assert all(f.remedy for f in ranked.findings if f.blocks)
        disk_roles(inventory, ranked.profile)
        bonds(inventory, ranked.profile)


@RELAXED
@given(
    st.lists(st.tuples(st.sampled_from([p for p in PLACES if p[0] != "identity"]), st.none()), min_size=1, max_size=4)
)
def test_what_is_taken_away_never_makes_a_machine_better(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """A fact that is gone may leave a requirement undecided or short; it never turns what was wrong into PASS."""
    broken = mutated([(("power_supplies", 0, "health"), "critical"), (("disks", 13, "link", "width"), 1)])
    before = {f.requirement for f in match(decode(Inventory, broken), PROFILES_BY_NAME["storage"]) if f.blocks}
    assert before == {"power.supplies", "disks.wal.full_link"}
    for path, value in changes:
        place = broken
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
    try:
        inventory = decode(Inventory, broken)
    except DecodeError:
        return
    assert [f for f in match(inventory, PROFILES_BY_NAME["storage"]) if f.blocks]


PROFILES_BY_NAME = {p.name: p for p in PROFILES}


@RELAXED
@given(st.binary(max_size=200) | MUTATIONS.map(lambda c: json.dumps(mutated(c)).encode()))
def test_no_file_gives_a_traceback(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "i.json"
    file.write_bytes(raw)
    with contextlib.suppress(InventoryError):
        inventories.read([file])


KEYS = [
    "role",
    "extends",
    "requires",
    "cpu",
    "uniform",
    "models",
    "memory",
    "channels",
    "speed",
    "disks",
    "count",
    "size",
    "endurance",
    "full_link",
    "wear",
    "network",
    "bonds",
    "name",
    "members",
    "distinct_cards",
    "power",
    "supplies",
    "capacity",
    "bmc",
    "clock",
    "firmware",
    "bios",
    "any",
    "settings",
    "cabling",
    "port",
    "switch",
    "when",
    "vendor",
    "model",
    "waivers",
    "requirement",
    "who",
    "why",
    "until",
    "warnings",
    "drives",
    "tpm",
    "secure_boot",
]
WORDS = st.sampled_from(
    ["64", "1..2", "~", "true", "os", "*", "[", "2.0", "2027-01-31", "base", "1.2.3", "compute", "dell", "-1", "1e9",
     "..", "nan", "inf", "9" * 400, ">= 1 DWPD", ">= 1", "1 GiB"]
)  # fmt: skip
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@RELAXED
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=8))
def test_no_profile_gives_a_traceback_and_what_loads_can_be_matched(tmp_path: Path, tree: dict[str, Any]) -> None:
    file = tmp_path / "p.yaml"
    text = json.dumps({"role": "compute", "extends": "storage", **tree}).replace('"~"', "~")
    file.write_text(text)
    problems = profiles.check(file)
    assert all(p.message for p in problems)
    try:
        profile = profiles.load(file)
    except ProfileError:
        return
    match(MACHINES["storage"], profile)
    for requirement in ("cpu.cores", "disks.osd.count", "x.y"):
        profiles.where(file, requirement)
    profiles.difference("storage", file)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MUTATIONS)
def test_whatever_decodes_makes_a_profile_that_it_fits_or_is_told_why_not(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    try:
        inventory = decode(Inventory, mutated(changes))
    except DecodeError:
        return
    with contextlib.suppress(GoldenError):
        profiles.from_machines([Sides("m", inventory)], "storage", "golden")
