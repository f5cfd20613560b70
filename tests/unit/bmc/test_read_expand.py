"""$expand: used where it is honoured, found out where it is not, and the inventory is the same either way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.redfish.fetch.expand import advertised
from metalctl.lab.fleet.replay import Fault, Replay
from metalctl.model.inventory import Inventory

ROOT = "/redfish/v1"
SYSTEM = f"{ROOT}/Systems/blade-7"
GOOD = Credential("admin", "s3cret")
CAN = {"ExpandQuery": {"NoLinks": True, "ExpandAll": True, "Levels": True, "MaxLevels": 1}}


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    tree[ROOT]["ProtocolFeaturesSupported"] = CAN
    drives = [f"{SYSTEM}/Storage/1/Drives/{n}" for n in range(4)]
    for n, path in enumerate(drives):
        tree[path] = {"@odata.id": path, "Id": str(n), "MediaType": "HDD", "CapacityBytes": 4 * 10**12}
    tree[f"{SYSTEM}/Storage/1"] |= {"@odata.id": f"{SYSTEM}/Storage/1", "Drives": [{"@odata.id": p} for p in drives]}
    for path, resource in tree.items():
        resource.setdefault("@odata.id", path)
    with Replay(tree, "admin", "s3cret") as server:
        yield server


def taken(replay: Replay) -> tuple[Inventory, int]:
    """The inventory, and the requests that it took."""
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        replay.requests.clear()
        found = bmc.inventory()
        asked = sum(replay.requests.values())
    return replace(found, taken="", sources={}), asked


def test_the_inventory_is_the_same_and_costs_a_third(replay: Replay) -> None:
    expanded, few = taken(replay)
    del replay.tree[ROOT]["ProtocolFeaturesSupported"]
    plain, many = taken(replay)
    assert expanded == plain
    assert len(expanded.disks) == 4
    assert few <= 6 < 13 <= many


def test_a_bmc_that_only_says_it_can_is_found_out_and_not_asked_so_again(replay: Replay) -> None:
    replay.change(expand=False)
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        found = bmc.inventory()
        asked = replay.asked_to_expand
        assert 0 < asked <= 5, "all that were on the way when the first came back"
        again = bmc.inventory()
    assert replay.asked_to_expand == asked
    assert replace(found, taken="") == replace(again, taken="")
    assert (len(found.disks), found.unreadable) == (4, ())


@pytest.mark.parametrize("broken", [SYSTEM, f"{SYSTEM}/Memory", f"{SYSTEM}/Storage/1"])
def test_an_expansion_that_is_too_much_for_it_is_done_without(replay: Replay, broken: str) -> None:
    replay.broken = broken
    found, _ = taken(replay)
    assert found.unreadable == ()
    assert (len(found.disks), len(found.memory.dimms)) == (4, 2)


def test_a_member_that_is_not_expanded_among_others_is_asked_alone(replay: Replay) -> None:
    replay.tree[f"{SYSTEM}/Memory"]["Members"][1] = dict(replay.tree[f"{SYSTEM}/Memory/A2"])
    replay.change(expand=False)
    found, _ = taken(replay)
    assert [d.slot for d in found.memory.dimms] == ["A1", "A2"]
    replay.faults[f"{SYSTEM}/Memory/A1"] = Fault(500)
    found, _ = taken(replay)
    assert [u.fact for u in found.unreadable] == ["memory.dimms"]
    assert [d.slot for d in found.memory.dimms] == ["A2"]


@pytest.mark.parametrize(
    ("features", "query"),
    [({"NoLinks": True, "Levels": True}, "$expand=.($levels=1)"), ({"NoLinks": True}, "$expand=."),
     ({"ExpandAll": True}, "$expand=*"), ({"Links": True}, ""), ({}, ""), ({"NoLinks": "true"}, "")],
)  # fmt: skip
def test_it_is_asked_as_the_bmc_says_that_it_can(features: dict[str, Any], query: str) -> None:
    found = advertised({"ProtocolFeaturesSupported": {"ExpandQuery": features}})
    assert found.target("/redfish/v1/Systems") == (f"/redfish/v1/Systems?{query}" if query else "")


def test_one_kind_that_lies_is_left_out_and_two_end_it() -> None:
    found = advertised({"ProtocolFeaturesSupported": CAN})
    found.saw("/a/Memory", [{"@odata.id": "/a/Memory/1"}])
    assert not found.target("/b/Memory")
    assert found.target("/a/Storage")
    found.lied("/a/Processors")
    assert not found.target("/a/Storage")
