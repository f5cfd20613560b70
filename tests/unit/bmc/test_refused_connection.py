"""A BMC on whose port nothing listens: the reason is in the system's words, without objects of this program."""

from __future__ import annotations

import asyncio

import pytest

from metalctl.bmc import Endpoint
from metalctl.bmc.errors import Unreachable
from metalctl.bmc.redfish.client.http import Client


def test_a_refused_connection_is_told_in_the_systems_words() -> None:
    async def ask() -> None:
        client = Client(Endpoint("127.0.0.1", port=9), 5.0)
        try:
            await client.get_answer("/redfish/v1")
        finally:
            await client.close()

    with pytest.raises(Unreachable) as refused:
        asyncio.run(ask())
    assert "Connection refused" in refused.value.message
    assert "object at" not in refused.value.message
