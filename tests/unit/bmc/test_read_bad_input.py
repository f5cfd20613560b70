"""What a BMC may answer instead of an inventory: it costs the facts that hang on it, a finding, and little time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.errors import BmcError, NotABmc
from metalctl.bmc.redfish import bmc as redfish_bmc
from metalctl.bmc.redfish.bmc import RedfishBmc
from metalctl.bmc.redfish.client import transport
from metalctl.bmc.redfish.client.http import IN_FLIGHT
from metalctl.bmc.redfish.fetch import reader as read
from metalctl.lab.fleet.replay import Fault, Replay
from metalctl.model.inventory import Inventory
from metalctl.model.verdict import Verdict

ROOT = "/redfish/v1"
SYSTEM = f"{ROOT}/Systems/blade-7"
MEMORY = f"{SYSTEM}/Memory"
GOOD = Credential("admin", "s3cret")


@pytest.fixture
def bmc(replay: Replay, request: pytest.FixtureRequest) -> Iterator[RedfishBmc]:
    """With all the time that a busy machine may want, unless the test names its seconds a request: for silence."""
    found = connect(parse_endpoint(replay.url), GOOD, timeout=getattr(request, "param", 60))
    assert isinstance(found, RedfishBmc)
    with found:
        yield found


hasty = pytest.mark.parametrize("bmc", [5], indirect=True, ids=["5 s a request"])
SILENCE = Fault(delay=280)


def unread(found: Inventory) -> list[str]:
    assert (found.cpu.cores, len(found.disks), len(found.nics)) == (8, 1, 1), "the rest is untouched"
    return [u.fact for u in found.unreadable]


def refused(bmc: RedfishBmc) -> list[str]:
    assert all(one.verdict is Verdict.FAIL and one.blocks and one.remedy for one in bmc.findings)
    return [one.source.removeprefix("redfish ") for one in bmc.findings]


@pytest.mark.parametrize("name", ["Members@odata.nextLink", "@odata.nextLink"])
def test_pages_are_followed(replay: Replay, bmc: RedfishBmc, name: str) -> None:
    first, second = replay.tree[MEMORY]["Members"]
    replay.tree[MEMORY] = {"Members": [first], name: f"{MEMORY}/more"}
    replay.tree[f"{MEMORY}/more"] = {"Members": [second]}
    found = bmc.inventory()
    assert [d.slot for d in found.memory.dimms] == ["A1", "A2"]
    assert (unread(found), refused(bmc)) == ([], [])


@pytest.mark.parametrize("back", [MEMORY, f"{MEMORY}/more"])
def test_pages_that_go_in_a_circle_are_refused(replay: Replay, bmc: RedfishBmc, back: str) -> None:
    replay.tree[MEMORY]["Members@odata.nextLink"] = f"{MEMORY}/more"
    replay.tree[f"{MEMORY}/more"] = {"Members": [], "Members@odata.nextLink": back}
    found = bmc.inventory()
    assert (unread(found), refused(bmc)) == (["memory.dimms"], [MEMORY])
    assert len(found.memory.dimms) == 2, "what was read is kept, and marked"
    assert replay.requests["GET", MEMORY] + replay.requests["GET", f"{MEMORY}/more"] <= 3


def test_pages_without_end_are_refused(replay: Replay, bmc: RedfishBmc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_PAGES", 5)
    for n in range(50):
        replay.tree[f"{MEMORY}/{n}"] = {"Members": [], "Members@odata.nextLink": f"{MEMORY}/{n + 1}"}
    replay.tree[MEMORY]["Members@odata.nextLink"] = f"{MEMORY}/0"
    found = bmc.inventory()
    assert (unread(found), refused(bmc)) == (["memory.dimms"], [MEMORY])
    assert f"{MEMORY}/20" not in {path for _, path in replay.requests}


def test_members_without_end_are_refused(replay: Replay, bmc: RedfishBmc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_MEMBERS", 20)
    monkeypatch.setattr(read, "MOST_REQUESTS", 100)
    replay.tree[MEMORY]["Members"] += [{"@odata.id": f"{MEMORY}/X{n}"} for n in range(5000)]
    found = bmc.inventory()
    assert "memory.dimms" in unread(found)
    assert sum(replay.requests.values()) < 100


@pytest.mark.slow
def test_a_tree_without_end_is_not_read_to_the_end(
    replay: Replay, bmc: RedfishBmc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MOST_REQUESTS", 30)
    replay.tree[MEMORY]["Members"] += [{"@odata.id": f"{MEMORY}/A1?{n}"} for n in range(500)]
    found = bmc.inventory()
    assert "memory.dimms" in [u.fact for u in found.unreadable]
    assert sum(replay.requests.values()) < 60
    assert len(refused(bmc)) == 1, "it is told once"


@pytest.mark.parametrize("link", ["https://192.0.2.1/x", "//192.0.2.1/x", "x", "/a b", "/a\r\nX: y", "/" + "x" * 5000])
def test_a_link_that_leads_astray_is_refused_with_a_finding(replay: Replay, bmc: RedfishBmc, link: str) -> None:
    replay.tree[SYSTEM]["Memory"] = {"@odata.id": link}
    assert unread(bmc.inventory()) == ["memory.dimms"]
    assert len(refused(bmc)) == 1


def test_a_redirect_to_another_host_is_refused_and_nothing_is_sent_there(
    replay: Replay, bmc: RedfishBmc, tree: dict[str, Any]
) -> None:
    with Replay(tree) as other:
        replay.faults[MEMORY] = Fault(307, location=f"{other.url}{MEMORY}")
        assert unread(bmc.inventory()) == ["memory.dimms"]
        assert not other.requests
    assert refused(bmc) == [MEMORY]
    assert other.url in bmc.findings[0].got


def test_redirects_in_a_circle_end(replay: Replay, bmc: RedfishBmc) -> None:
    replay.faults[MEMORY] = Fault(307, location=MEMORY)
    assert unread(bmc.inventory()) == ["memory.dimms"]
    assert replay.requests["GET", MEMORY] <= 5


def test_a_body_without_end_is_cut_off(replay: Replay, bmc: RedfishBmc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST", 200_000)
    replay.faults[MEMORY] = Fault(endless=True, body="[" * 10_000)
    assert unread(bmc.inventory()) == ["memory.dimms"]
    assert refused(bmc) == [MEMORY], "for its size: of one that runs out of time there is no finding"


def test_all_bodies_together_have_an_end(replay: Replay, bmc: RedfishBmc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_TOGETHER", 50_000)
    for n in (1, 2):
        replay.tree[f"{MEMORY}/A{n}"]["Oem"] = "x" * 30_000
    assert "memory.dimms" in [u.fact for u in bmc.inventory().unreadable]


@pytest.mark.parametrize(
    "fault",
    [Fault(body="[" * 100_000), Fault(body='{"a":' * 100_000), Fault(body="<html>", kind="text/html"),
     Fault(body='{"Members": []}', kind="text/html"), Fault(body='{"Members": []}', kind="image/png"),
     Fault(body='{"Members": 3}'), Fault(body="\x00"), Fault(body='{"Members": [1, null, "x", []'), Fault(body="null"),
     Fault(body="NaN"), Fault(500), Fault(403), Fault(302), Fault(206), Fault(304), Fault(drop=True)],
    ids=lambda fault: f"{fault.status} {fault.kind} {(fault.body or '')[:12]!r}",
)  # fmt: skip
def test_garbage_costs_one_fact(replay: Replay, bmc: RedfishBmc, fault: Fault) -> None:
    replay.faults[MEMORY] = fault
    assert unread(bmc.inventory()) == ["memory.dimms"]


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.acme+json", "text/plain", "text/json"])
def test_json_under_another_name_is_read(replay: Replay, bmc: RedfishBmc, kind: str) -> None:
    replay.faults[MEMORY] = Fault(body='{"Members": []}', kind=kind)
    assert unread(bmc.inventory()) == []


@hasty
@pytest.mark.slow
def test_one_slow_subtree_costs_its_time_once(replay: Replay, bmc: RedfishBmc) -> None:
    replay.faults[MEMORY] = SILENCE
    assert unread(bmc.inventory()) == ["memory.dimms"]
    assert replay.requests["GET", MEMORY] == 1


@pytest.mark.slow
def test_when_the_time_is_up_what_was_read_is_told_and_what_was_not(
    replay: Replay, bmc: RedfishBmc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redfish_bmc, "DEADLINE", 10.0)
    replay.faults[MEMORY] = replay.faults[f"{SYSTEM}/Storage"] = SILENCE
    found = bmc.inventory()
    assert {u.fact for u in found.unreadable} == {"memory.dimms", "controllers", "disks", "volumes"}
    assert all("within" in u.reason for u in found.unreadable)
    assert found.cpu.cores == 8


@hasty
@pytest.mark.slow
def test_a_bmc_that_falls_silent_is_given_up_soon(
    replay: Replay, bmc: RedfishBmc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "GIVEN_UP_AFTER", 2)
    for n in range(40):
        path = f"{MEMORY}/S{n}"
        replay.tree[MEMORY]["Members"].append({"@odata.id": path})
        replay.faults[path] = SILENCE
    found = bmc.inventory()
    asked = sum(replay.requests["GET", f"{MEMORY}/S{n}"] for n in range(40))
    assert asked <= 2 + IN_FLIGHT, "it is silent twice, while others are under way; not 40 times"
    assert "memory.dimms" in [u.fact for u in found.unreadable]


def test_a_root_without_end_is_no_bmc(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST", 200_000)
    replay.faults[ROOT] = Fault(endless=True, body=" " * 10_000)
    with pytest.raises(NotABmc):
        connect(parse_endpoint(replay.url), GOOD, timeout=60)
    assert replay.authorized == 0


def test_systems_that_cannot_be_read_are_an_error_with_a_hint(replay: Replay) -> None:
    replay.faults[f"{ROOT}/Systems"] = Fault(body="[" * 100_000)
    with pytest.raises(BmcError) as caught:
        connect(parse_endpoint(replay.url), GOOD, timeout=60)
    assert caught.value.hint
