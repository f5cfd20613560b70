"""Who we are to a BMC: a session that is closed again, Basic where there is none, and never a second wrong password."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.errors import Unreachable, WrongPassword
from metalctl.bmc.quirks import Quirks, quirks_of
from metalctl.bmc.redfish import bmc as redfish_bmc
from metalctl.bmc.redfish.client.http import Client
from metalctl.lab.fleet.replay import Fault, Replay

pytestmark = pytest.mark.slow  # they wait: for time-outs, retries, processes

ROOT = "/redfish/v1"
SESSIONS = f"{ROOT}/SessionService/Sessions"
SYSTEM = f"{ROOT}/Systems/blade-7"
GOOD = Credential("admin", "s3cret")


@pytest.fixture
def replay(tree: dict[str, Any]) -> Iterator[Replay]:
    tree[ROOT]["Links"] = {"Sessions": {"@odata.id": SESSIONS}}
    with Replay(tree, "admin", "s3cret") as server:
        yield server


def test_a_session_is_opened_once_and_closed_and_the_password_is_sent_once(replay: Replay) -> None:
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        found = bmc.inventory()
        assert len(replay.sessions) == 1
    assert found.unreadable == ()
    assert (replay.opened, replay.sessions) == (1, {})
    assert replay.basics == 0, "no request carried the password but the login"


def test_the_session_is_closed_when_the_login_is_good_and_what_follows_is_not(replay: Replay) -> None:
    replay.faults[f"{ROOT}/Systems"] = Fault(body="garbage")
    with pytest.raises(Exception, match="JSON"):
        connect(parse_endpoint(replay.url), GOOD, timeout=60)
    assert (replay.opened, replay.sessions) == (1, {})


@pytest.mark.parametrize("status", [400, 404, 405, 500, 503])
def test_where_no_session_can_be_opened_basic_authentication_does(replay: Replay, status: int) -> None:
    replay.faults[SESSIONS] = Fault(status)
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        assert bmc.inventory().unreadable == ()
    assert replay.basics > 1
    assert replay.requests["POST", SESSIONS] == 1


def test_where_no_session_is_free_basic_authentication_does(replay: Replay) -> None:
    replay.change(sessions=0)
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        assert bmc.identity().serial == "S-1"


def test_a_wrong_password_is_sent_to_the_session_service_once_and_to_nothing_else(replay: Replay) -> None:
    for _ in range(2):
        with pytest.raises(WrongPassword):
            connect(parse_endpoint(replay.url), Credential("admin", "hunter2"), timeout=60)
    assert (replay.requests["POST", SESSIONS], replay.basics, replay.authorized) == (1, 0, 0)


def test_a_session_that_ran_out_is_opened_again(replay: Replay) -> None:
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        replay.log_all_out()
        assert bmc.power() == "off"
        assert replay.opened == 2
    assert replay.sessions == {}


def test_a_401_for_no_reason_is_asked_again_and_no_second_time(replay: Replay) -> None:
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        replay.faults[f"{SYSTEM}/Memory"] = Fault(401, times=1)
        assert bmc.inventory().unreadable == ()
        replay.faults[f"{SYSTEM}/Memory"] = Fault(401)
        before = replay.requests["GET", f"{SYSTEM}/Memory"]
        assert [u.fact for u in bmc.inventory().unreadable] == ["memory.dimms"]
        assert replay.requests["GET", f"{SYSTEM}/Memory"] - before == 2


def test_where_the_quirks_say_so_a_401_is_asked_more_often(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    def strange(**facts: Any) -> Quirks:
        return replace(quirks_of(**facts), spurious_401=3)

    monkeypatch.setattr(redfish_bmc, "quirks_of", strange)
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        replay.faults[f"{SYSTEM}/Memory"] = Fault(401, times=3)
        assert bmc.inventory().unreadable == ()
        assert replay.requests["GET", f"{SYSTEM}/Memory"] == 4
        assert len(replay.sessions) == 1, "none that was given up is left behind"


def test_several_requests_that_find_the_session_gone_open_one(replay: Replay) -> None:
    async def four() -> None:
        client = Client(parse_endpoint(replay.url), 60)
        try:
            root = await client.get(ROOT)
            await client.login(GOOD, root, f"{ROOT}/Systems")
            replay.log_all_out()
            await asyncio.gather(*(client.get(f"{SYSTEM}/{name}") for name in ("Memory", "Storage", "Processors")))
        finally:
            await client.close()

    asyncio.run(four())
    assert (replay.opened, replay.sessions) == (2, {})


def test_a_connection_that_breaks_off_is_tried_once_more(replay: Replay) -> None:
    with connect(parse_endpoint(replay.url), GOOD, timeout=60) as bmc:
        replay.faults[f"{SYSTEM}/Memory"] = Fault(drop=True, times=1)
        assert bmc.inventory().unreadable == ()


def test_a_write_is_never_sent_twice(replay: Replay) -> None:
    async def post() -> None:
        client = Client(parse_endpoint(replay.url), 60)
        try:
            await client.send("POST", f"{ROOT}/x", {})
        finally:
            await client.close()

    replay.faults[f"{ROOT}/x"] = Fault(drop=True)
    replay.change(password="")
    with pytest.raises(Unreachable):
        asyncio.run(post())
    assert replay.requests["POST", f"{ROOT}/x"] == 1
