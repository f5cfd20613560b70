"""A second connection to a BMC resumes the TLS session of the first; no other BMC is offered it; the pin counts."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest

from metalctl.bmc import Credential, parse_endpoint
from metalctl.bmc.errors import CertificateChanged
from metalctl.bmc.redfish.client.http import Client
from metalctl.bmc.redfish.client.transport import Pin
from metalctl.lab.fleet.replay import Replay

GOOD = Credential("admin", "s3cret")


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each connection that was made: whether it resumed a session."""
    found: list[bool] = []
    check = Pin.check

    def spied(pin: Pin, transport: asyncio.Transport) -> None:
        connection: ssl.SSLObject = transport.get_extra_info("ssl_object")
        found.append(bool(connection.session_reused))
        check(pin, transport)

    monkeypatch.setattr(Pin, "check", spied)
    return found


async def several(client: Client, count: int) -> None:
    """One request, then so many at a time: each of these needs a connection of its own."""
    await client.get("/redfish/v1")
    await asyncio.gather(*(client.get("/redfish/v1") for _ in range(count)))


def test_the_second_connection_resumes_and_the_third_does_not(replay: Replay, resumed: list[bool]) -> None:
    async def run() -> None:
        client = Client(parse_endpoint(replay.url), 60)
        try:
            await several(client, 3)
            assert client.endpoint.fingerprint == replay.fingerprint
        finally:
            await client.close()

    asyncio.run(run())
    assert sorted(resumed) == [False, False, True], "it is offered once: who stumbles over it is asked without"


def test_a_resumed_connection_is_held_to_the_pin(replay: Replay, resumed: list[bool]) -> None:
    async def run() -> None:
        client = Client(parse_endpoint(replay.url), 60)
        try:
            await client.get("/redfish/v1")
            assert client._pin
            client._pin.recorded = "cd" * 32
            await asyncio.gather(*(client.login(GOOD, {}, "/redfish/v1/Systems") for _ in range(2)))
        finally:
            await client.close()

    with pytest.raises(CertificateChanged):
        asyncio.run(run())
    assert resumed == [False, True]
    assert replay.authorized <= 1, "at most over the connection that was there, and had been verified"


def test_no_bmc_is_offered_the_session_of_another(tree: dict[str, Any], replay: Replay, resumed: list[bool]) -> None:
    """One worker of a sweep visits many BMCs, one after another."""

    async def run() -> None:
        with Replay(tree, "admin", "s3cret") as other:
            first, second = Client(parse_endpoint(replay.url), 60), Client(parse_endpoint(other.url), 60)
            try:
                await first.get("/redfish/v1")
                await second.get("/redfish/v1")
                assert first._pin
                assert second._pin
                assert (first._pin.resumption.offered, second._pin.resumption.offered) == (0, 0)
            finally:
                await first.close()
                await second.close()

    asyncio.run(run())
    assert resumed == [False, False]
