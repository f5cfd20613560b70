"""Many BMCs at once: one that is bad costs the others nothing, and what has not changed costs three requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from metalctl.bmc import Credential, Endpoint, parse_endpoint
from metalctl.bmc import sweep as offered
from metalctl.bmc.errors import CertificateChanged, Unreachable, Unsupported, WrongPassword
from metalctl.bmc.redfish.sweep import remember, visit
from metalctl.bmc.redfish.sweep.sweeping import Memory, Swept, sweep
from metalctl.lab.fleet.replay import Fault, Replay
from metalctl.model.inventory import Inventory

ROOT = "/redfish/v1"
SESSIONS = f"{ROOT}/SessionService/Sessions"
SYSTEM = f"{ROOT}/Systems/blade-7"
GOOD = Credential("admin", "s3cret")
SILENCE = Fault(delay=280)


def modern(tree: dict[str, Any]) -> dict[str, Any]:
    """The tree with sessions, $expand and a chassis."""
    tree[ROOT] |= {
        "Links": {"Sessions": {"@odata.id": SESSIONS}},
        "ProtocolFeaturesSupported": {"ExpandQuery": {"NoLinks": True, "Levels": True}},
    }
    tree[SYSTEM]["Links"] = {"Chassis": [{"@odata.id": f"{ROOT}/Chassis/c"}]}
    tree[f"{ROOT}/Chassis/c"] = {"Id": "c", "SerialNumber": "C-1"}
    for path, resource in tree.items():
        resource.setdefault("@odata.id", path)
    return tree


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    with Replay(modern(tree), "admin", "s3cret") as server:
        yield server


def swept(*endpoints: Endpoint, credential: Any = GOOD, **options: Any) -> list[Swept]:
    async def all_of_them() -> list[Swept]:
        return [one async for one in sweep(endpoints, credential, **{"timeout": 60.0, "deadline": 240.0} | options)]

    return asyncio.run(all_of_them())


def at(replay: Replay) -> Endpoint:
    return parse_endpoint(replay.url)


@pytest.mark.slow
def test_every_bmc_is_told_of_once_and_a_bad_one_costs_the_others_nothing(tree: dict[str, Any]) -> None:
    with ExitStack() as stack:
        good = [stack.enter_context(Replay(modern(dict(tree)), "admin", "s3cret")) for _ in range(2)]
        silent, angry = (stack.enter_context(Replay(tree, "admin", "s3cret")) for _ in range(2))
        silent.faults[ROOT] = SILENCE
        angry.change(password="another")
        nobody, ipmi = Endpoint("127.0.0.1", "redfish", 1), parse_endpoint("ipmi://127.0.0.1")
        every = [at(one) for one in (*good, silent, angry)] + [nobody, ipmi]
        told: list[tuple[int, int]] = []
        found = swept(*every, timeout=10.0, progress=lambda done, of: told.append((done, of)))
    assert found[-1].endpoint.port == silent.port, "nobody waits for it"
    by = {(one.endpoint.address, one.endpoint.port, one.endpoint.protocol): one for one in found}
    assert len(by) == len(found) == 6
    errors = [by[e.address, e.port, e.protocol].error for e in every]
    kinds = [type(None), type(None), Unreachable, WrongPassword, Unreachable, Unsupported]
    assert [type(error) for error in errors] == kinds
    inventories = [one.inventory for one in found if not one.error]
    assert [one.memory.total for one in inventories if one] == [32 * 2**30] * 2
    assert told == [(n, 6) for n in range(1, 7)]


def test_it_is_offered_by_the_room_and_stays_a_function() -> None:
    from metalctl import bmc

    assert offered is bmc.sweep is sweep


def test_a_bmc_of_several_systems_gives_an_inventory_of_each(replay: Replay) -> None:
    other = f"{ROOT}/Systems/blade-8"
    replay.tree[other] = replay.tree[SYSTEM] | {"@odata.id": other, "SerialNumber": "S-8"}
    replay.tree[f"{ROOT}/Systems"]["Members"].append({"@odata.id": other})
    found = swept(at(replay), memory={})
    told = {one.endpoint.system: one.inventory.identity.serial for one in found if one.inventory}
    assert told == {"blade-7": "S-1", "blade-8": "S-8"}
    (one,) = swept(replace(at(replay), system="blade-8"), memory={})
    assert one.inventory
    assert one.inventory.identity.serial == "S-8"


class Stored:
    """Memory as the store of the service has it: JSON."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}

    def get(self, key: str, /) -> remember.Remembered | None:
        """See Memory."""
        try:
            return remember.recalled(json.loads(self.rows.get(key, "null")))
        except (ValueError, RecursionError):
            return None

    def __setitem__(self, key: str, known: remember.Remembered, /) -> None:
        """See Memory."""
        self.rows[key] = json.dumps(remember.kept(known))


@pytest.fixture(params=["process", "store"])
def memory(request: pytest.FixtureRequest) -> Memory:
    return {} if request.param == "process" else Stored()


def again(replay: Replay, memory: Memory, **options: Any) -> tuple[Swept, int]:
    replay.requests.clear()
    (one,) = swept(at(replay), memory=memory, **options)
    assert one.error is None
    assert replay.sessions == {}
    return one, sum(replay.requests.values())


def same(one: Swept) -> Inventory:
    assert one.inventory
    return replace(one.inventory, taken="")


@pytest.mark.parametrize("etags", [True, False])
def test_what_has_not_changed_costs_three_requests_and_is_told_as_it_was(
    replay: Replay, memory: Memory, etags: bool
) -> None:
    replay.etags = etags
    first, full = again(replay, memory)
    assert first.requests == full > 3
    second, few = again(replay, memory)
    assert (second.unchanged, second.requests, few) == (True, 3, 3)
    assert second.inventory == first.inventory, "with the time at which it was read"
    assert replay.requests["POST", SESSIONS] == 0


@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize(
    "change",
    [(SYSTEM, "PowerState", "On"), (f"{SYSTEM}/Storage/1", "Name", "another"),
     (f"{ROOT}/Chassis/c", "SerialNumber", "2")],
)  # fmt: skip
def test_a_witness_that_changed_leads_to_a_full_reading(
    replay: Replay, memory: Memory, change: tuple[str, str, str], units: int
) -> None:
    for n in range(1, units):
        path = f"{SYSTEM}/Storage/1{n}"
        replay.tree[f"{SYSTEM}/Storage"]["Members"].append({"@odata.id": path})
        replay.tree[path] = {"@odata.id": path, "Id": "2", "Drives": []}
    again(replay, memory)
    path, name, value = change
    replay.tree[path][name] = value
    one, _ = again(replay, memory)
    assert not one.unchanged
    one, few = again(replay, memory)
    assert (one.unchanged, few) == (True, 3), "and that is what is remembered from now on"


def test_fresh_reads_everything_again(replay: Replay, memory: Memory) -> None:
    first, full = again(replay, memory)
    replay.tree[f"{SYSTEM}/Memory/A1"]["CapacityMiB"] = 65536
    missed, _ = again(replay, memory)
    assert missed.unchanged, "no witness shows it: that is the price"
    fresh, asked = again(replay, memory, fresh=True)
    assert (fresh.unchanged, asked) == (False, full)
    assert same(fresh).memory.dimms[0].size == 64 * 2**30
    assert same(first) != same(fresh)


def test_what_is_old_is_read_again(replay: Replay, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    again(replay, memory)
    monkeypatch.setattr(visit, "MOST_AGE", 0.0)
    assert not again(replay, memory)[0].unchanged


def test_an_inventory_with_a_gap_is_not_remembered(replay: Replay, memory: Memory) -> None:
    replay.faults[f"{SYSTEM}/Memory"] = Fault(500)
    assert again(replay, memory)[0].inventory.unreadable  # type: ignore[union-attr]
    replay.faults.clear()
    one, _ = again(replay, memory)
    assert not one.unchanged
    assert same(one).unreadable == ()


def test_where_basic_authentication_is_switched_off_a_session_looks_at_the_system(
    replay: Replay, memory: Memory
) -> None:
    replay.basic = False
    again(replay, memory)
    one, few = again(replay, memory)
    assert (one.unchanged, few) == (True, 3)
    assert replay.requests["POST", SESSIONS] == 1


def test_a_password_that_was_changed_is_sent_once(replay: Replay, memory: Memory) -> None:
    again(replay, memory)
    replay.change(password="another")
    replay.requests.clear()
    before = replay.basics
    (one,) = swept(at(replay), memory=memory)
    assert isinstance(one.error, WrongPassword)
    assert one.inventory is None
    assert replay.basics - before == 1
    assert replay.requests["POST", SESSIONS] == 0


def test_the_certificate_is_remembered_and_another_gets_no_credential(
    replay: Replay, memory: Memory, tree: dict[str, Any]
) -> None:
    again(replay, memory)
    record = memory.get(replay.url)
    assert record
    assert record.fingerprint == replay.fingerprint
    memory[replay.url] = replace(record, fingerprint="ab" * 32)
    replay.requests.clear()
    (one,) = swept(at(replay), memory=memory)
    assert isinstance(one.error, CertificateChanged)
    assert not replay.requests


@pytest.mark.parametrize("damage", ["", "garbage", "[]", "{}", '{"format": 99}', "[" * 100_000])
def test_what_is_remembered_and_damaged_is_as_good_as_nothing(replay: Replay, damage: str) -> None:
    memory = Stored()
    again(replay, memory)
    assert "s3cret" not in memory.rows[replay.url]
    memory.rows[replay.url] = damage
    assert not again(replay, memory)[0].unchanged
    assert again(replay, memory)[0].unchanged


def test_a_packed_inventory_is_the_same_when_unpacked(replay: Replay) -> None:
    (one,) = swept(at(replay))
    assert one.inventory
    packed = remember.pack(one.inventory)
    assert remember.unpack(packed) == one.inventory


@pytest.mark.slow
def test_one_that_is_not_done_in_time_is_told_as_far_as_it_was_read(replay: Replay) -> None:
    replay.faults[f"{SYSTEM}/Memory"] = SILENCE
    (one,) = swept(at(replay), timeout=270.0, deadline=10.0)
    assert one.inventory
    assert [u.fact for u in one.inventory.unreadable] == ["memory.dimms"]


def test_a_defect_of_ours_costs_one_bmc(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("metalctl.bmc.redfish.sweep.sweeping.visit", broken)
    (one,) = swept(at(replay))
    assert one.error
    assert "ZeroDivisionError" in one.error.message
    assert "report" in one.error.hint


def test_whoever_stops_listening_stops_the_sweep(replay: Replay) -> None:
    async def first_only() -> int:
        found = sweep([at(replay)] * 40, GOOD, concurrency=2, timeout=60.0)
        async for _ in found:
            break
        await found.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(first_only()) == 1, "nobody is left who could ask"
    assert replay.opened <= 4, "one was done, the workers were at the next"
    assert sum(replay.requests.values()) < 40 * 5


def test_a_credential_may_depend_on_the_bmc_and_its_absence_is_an_error_of_that_bmc(replay: Replay) -> None:
    def of(endpoint: Endpoint) -> Credential:
        raise Unsupported(f"no credential for {endpoint}")

    (one,) = swept(at(replay), credential=of)
    assert isinstance(one.error, Unsupported)
    assert not replay.requests
