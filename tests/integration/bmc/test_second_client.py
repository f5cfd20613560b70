"""DMTF's own client against our simulator: what it sees of a machine is what our reader sees, and it commands it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redfish

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.redfish.sweep.sweeping import Swept, sweep
from tests.unit.bmc.running_fleet import open_sessions, running, url

GOOD = Credential("admin", "password")


def walked(client: Any) -> dict[str, Any]:
    """Every resource that is linked to, from the service root on."""
    found: dict[str, Any] = {}
    todo = ["/redfish/v1"]
    while todo:
        path = todo.pop().partition("#")[0].rstrip("/")
        if path in found:
            continue
        answer = client.get(path)
        assert answer.status == 200, path
        found[path] = answer.dict
        todo += links(answer.dict)
    return found


def links(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["@odata.id"]] if isinstance(value.get("@odata.id"), str) else []
        return own + [one for inner in value.values() for one in links(inner)]
    return [one for inner in value for one in links(inner)] if isinstance(value, list) else []


def kind(tree: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in tree.values() if str(one.get("@odata.type", "")).startswith(f"#{name}.")]


# It verifies no certificate of its own accord, and says so.
@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_the_second_client_logs_in_walks_and_commands() -> None:
    async def ours(place: str) -> Swept:
        (found,) = [one async for one in sweep([parse_endpoint(place)], GOOD)]
        return found

    with running("storage", base="127.78.43.1") as fleet:
        client = redfish.redfish_client(url(fleet), GOOD.username, GOOD.password, max_retry=0, timeout=60)
        client.login(auth="session")
        assert open_sessions(fleet) == [1]
        tree = walked(client)
        inventory = asyncio.run(ours(url(fleet))).inventory
        assert inventory
        assert {one["SerialNumber"] for one in kind(tree, "Drive")} == {one.serial for one in inventory.disks}
        assert len(kind(tree, "Drive")) == 16
        macs = {one["MACAddress"].lower() for one in kind(tree, "EthernetInterface") if "/Systems/" in one["@odata.id"]}
        assert macs <= {nic.mac for nic in inventory.nics}
        (system,) = kind(tree, "ComputerSystem")
        assert system["SerialNumber"] == inventory.identity.serial
        assert client.post(system["Actions"]["#ComputerSystem.Reset"]["target"], body={"ResetType": "On"}).status < 300
        with connect(parse_endpoint(url(fleet)), GOOD) as machine:
            machine.set_power("on")
            assert machine.power() == "on"
        assert client.get(system["@odata.id"]).dict["PowerState"] == "On"
        client.logout()
        assert open_sessions(fleet) == [0]
