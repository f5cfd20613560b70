"""The power poll, against simulated BMCs in the same event loop."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from metalctl.bmc import Credential, lockout, parse_endpoint
from metalctl.bmc.errors import Busy, Unreachable, Unsupported, WrongPassword
from metalctl.bmc.poll import Powered, PowerPoll
from metalctl.bmc.redfish.remember import InProcess
from metalctl.bmc.sweeping import sweep
from metalctl.lab.fleet import Fleet, Settings, load_tree, parse_fault
from metalctl.lab.fleet.server import _ACCEPTED

GOOD = Credential("admin", "password")


def serve(test: Callable[[Fleet], Awaitable[None]], faults: tuple[str, ...] = (), **given: Any) -> None:
    """Run the test beside a fleet."""
    wanted = {"base": "127.78.9.1", "count": 3, "tls": True, "faults": tuple(map(parse_fault, faults)), **given}

    async def run() -> None:
        fleet = Fleet(load_tree("compute"), Settings(**wanted))
        await fleet.start()
        try:
            await test(fleet)
        finally:
            await fleet.close()

    asyncio.run(run())


def endpoints(fleet: Fleet) -> list[Any]:
    return [parse_endpoint(f"https://{bmc.address}:{fleet.port}") for bmc in fleet.bmcs]


async def rows(poll: PowerPoll) -> dict[str, Powered]:
    return {one.endpoint.address: one async for one in poll.round()}


def switch(fleet: Fleet, index: int, state: str) -> None:
    bmc = fleet.bmcs[index]
    bmc.update(bmc.systems()[0], PowerState=state)


def test_each_state_is_read_and_a_change_shows_in_the_next_round():
    async def test(fleet: Fleet) -> None:
        switch(fleet, 1, "On")
        async with PowerPoll(endpoints(fleet), GOOD, timeout=60.0) as poll:
            assert [one.state for one in (await by_index(poll, fleet))] == ["off", "on", "off"]
            switch(fleet, 2, "On")
            switch(fleet, 1, "Off")
            assert [one.state for one in (await by_index(poll, fleet))] == ["off", "off", "on"]

    serve(test)


async def by_index(poll: PowerPoll, fleet: Fleet) -> list[Powered]:
    found = await rows(poll)
    return [found[bmc.address] for bmc in fleet.bmcs]


def test_a_later_round_is_one_request_a_bmc_on_the_same_connection_and_all_are_logged_out_in_the_end():
    async def test(fleet: Fleet) -> None:
        async with PowerPoll(endpoints(fleet), GOOD, timeout=60.0) as poll:
            await rows(poll)
            assert [len(bmc.auth.sessions) for bmc in fleet.bmcs] == [1, 1, 1]
            fleet.statistics.reset()
            await rows(poll)
            assert (fleet.statistics.requests, fleet.statistics.connections) == (3, 0)
            assert fleet.statistics.status == {304: 3}
        assert [len(bmc.auth.sessions) for bmc in fleet.bmcs] == [0, 0, 0]

    serve(test)


def test_what_a_sweep_remembers_makes_the_first_round_one_request():
    async def test(fleet: Fleet) -> None:
        memory = InProcess()
        assert [one.error async for one in sweep(endpoints(fleet), GOOD, memory=memory)] == [None] * 3
        fleet.statistics.reset()
        async with PowerPoll(endpoints(fleet), GOOD, memory=memory) as poll:
            assert {one.state for one in (await rows(poll)).values()} == {"off"}
            assert (fleet.statistics.requests, fleet.statistics.logins) == (3, 0)

    serve(test)


def test_a_refused_credential_is_sent_once_whatever_the_number_of_rounds():
    async def test(fleet: Fleet) -> None:
        async with PowerPoll(endpoints(fleet)[:1], Credential("admin", "wrong")) as poll:
            for _ in range(3):
                (one,) = (await rows(poll)).values()
                assert (one.state, type(one.error)) == ("", WrongPassword)
                lockout.forget()
        assert fleet.statistics.failed_logins == 1

    serve(test)


def test_a_bmc_that_goes_away_costs_its_own_row_and_is_back_in_a_later_round():
    async def test(fleet: Fleet) -> None:
        async with PowerPoll(endpoints(fleet), GOOD, timeout=60.0) as poll:
            await rows(poll)
            fleet.bmcs[0].restart()
            await asyncio.sleep(2 * _ACCEPTED)  # timers go off in their order: by then nobody listens any more
            found = await by_index(poll, fleet)
            assert (found[0].state, type(found[0].error)) == ("", Unreachable)
            assert [one.state for one in found[1:]] == ["off", "off"]
            switch(fleet, 0, "On")
            await fleet._listen(fleet.bmcs[0])
            assert [one.state for one in await by_index(poll, fleet)] == ["on", "off", "off"]

    serve(test, bmc_reset_time=3600.0)


@pytest.mark.slow
def test_a_slow_bmc_is_given_up_at_its_time_and_delays_nobody():
    async def test(fleet: Fleet) -> None:
        slow = next(bmc.index for bmc in fleet.bmcs if bmc.faults)
        async with PowerPoll(endpoints(fleet), GOOD, timeout=60.0) as poll:
            poll._bmcs[slow]._timeout = 5.0
            found = [one async for one in poll.round()]
        assert found[-1].endpoint.address == fleet.bmcs[slow].address, "nobody waits for it"
        assert [one.state for one in found] == ["off", "off", ""]
        assert isinstance(found[-1].error, Unreachable)

    serve(test, faults=("slow:280=0.34",))


@pytest.mark.parametrize(("state", "error"), [("Unknown", Busy), (None, Unsupported)])
def test_a_state_that_is_none_is_told_with_its_reason_and_the_next_round_asks_again(state, error):
    async def test(fleet: Fleet) -> None:
        switch(fleet, 0, state)
        async with PowerPoll(endpoints(fleet)[:1], GOOD) as poll:
            (one,) = (await rows(poll)).values()
            assert (one.state, type(one.error)) == ("", error)
            (one,) = (await rows(poll)).values()
            assert (one.state, type(one.error)) == ("", error)
            switch(fleet, 0, "On")
            (one,) = (await rows(poll)).values()
            assert (one.state, one.error) == ("on", None)

    serve(test)


def test_the_time_of_a_round_begins_with_the_round():
    async def test(fleet: Fleet) -> None:
        async with PowerPoll(endpoints(fleet), GOOD, timeout=60.0) as poll:
            await rows(poll)
            for bmc in poll._bmcs:
                assert bmc._client
                bmc._client.deadline = asyncio.get_running_loop().time() - 1  # the first round's time is up
            assert {one.state for one in (await rows(poll)).values()} == {"off"}

    serve(test)


def test_ipmi_is_told_to_be_none_of_this():
    async def test(fleet: Fleet) -> None:
        async with PowerPoll([parse_endpoint("ipmi://127.78.9.1")], GOOD) as poll:
            (one,) = (await rows(poll)).values()
            assert isinstance(one.error, Unsupported)

    serve(test)


def test_a_poll_of_more_bmcs_than_descriptors_makes_room_for_their_connections():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = [parse_endpoint(f"https://127.78.{number // 250}.{number % 250}") for number in range(2000)]

    async def test() -> None:
        async with PowerPoll(many, GOOD):
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(2000, before[1])

    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        asyncio.run(test())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
