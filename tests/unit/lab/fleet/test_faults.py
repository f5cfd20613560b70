"""Each fault as a client sees it on the wire, and that a BMC without it is well."""

from __future__ import annotations

import http.client
import json
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from metalctl.lab.faults import acting, chosen, find, names, summaries
from metalctl.lab.faults.hardware import Hardware
from metalctl.lab.fleet import BadFault, FaultShare, parse_fault

SYSTEM = "/redfish/v1/Systems/Node-0"
MANAGER = "/redfish/v1/Managers/Bmc-0"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"
FIRMWARE = "/redfish/v1/UpdateService/FirmwareInventory"
SETTINGS = f"{SYSTEM}/Bios/Settings"
COUNTED = {
    "boot-in-settings",
    "busy-409",
    "clock-skew",
    "dropped-connection",
    "endless-stream",
    "expand-lies",
    "garbage-json",
    "lying-power",
    "media-demands",
    "member-404",
    "member-error-200",
    "nextlink-cycle",
    "precondition-412",
    "redirect-off-host",
    "slow",
    "stuck-reset",
    "subtree-500",
    "unauthorized-once",
    "vanishing-task",
    "wrong-content-type",
}


def power(client):
    return client.get(SYSTEM).json()["PowerState"]


def test_every_fault_is_found_by_its_name_and_explained():
    of_the_service = {name for name in names() if not issubclass(find(name), Hardware)}
    assert of_the_service == COUNTED
    assert summaries().keys() == set(names())
    assert all(summaries().values())


@pytest.mark.parametrize("name", sorted(COUNTED - {"clock-skew"}))
def test_a_bmc_without_the_fault_reads_and_acts_as_usual(start, name, until):
    """Half have the fault; the other half must not notice."""
    fleet = start(count=2, faults=(f"{name}=0.5",))
    client = fleet.client(next(bmc.index for bmc in fleet.fleet.bmcs if not bmc.faults))
    for path in (SYSTEM, f"{SYSTEM}/Storage", f"{SYSTEM}/Memory", FIRMWARE, "/redfish/v1/Chassis") * 2:
        assert client.get(path).json()["@odata.id"] == path
    assert client.send("PATCH", SYSTEM, {"AssetTag": "x"}).status == 200
    client.send("POST", RESET, {"ResetType": "On"})
    assert until(lambda: power(client) == "On")


def test_the_same_seed_hits_the_same_share_and_another_seed_others():
    share = FaultShare("slow", 0.1)
    assert chosen(share, 500, 7) == chosen(share, 500, 7) != chosen(share, 500, 8)
    assert len(chosen(share, 500, 7)) == 50
    assert chosen(FaultShare("slow", 1.0), 3, 0) == {0, 1, 2}
    assert chosen(FaultShare("slow", 0.0), 3, 0) == frozenset()


@pytest.mark.parametrize(
    "text", ["rust=0.1", "slow=2", "slow=-0.1", "slow=often", "slow:long=0.1", "slow:inf=0.1", "=0.1"]
)
def test_a_fault_that_cannot_be_is_refused(text):
    with pytest.raises(BadFault):
        parse_fault(text)


def test_rates_and_parameters_are_read():
    assert parse_fault("slow:3=5%") == FaultShare("slow", 0.05, "3")
    assert parse_fault("subtree-500:/Processors=0.5") == FaultShare("subtree-500", 0.5, "/Processors")
    assert parse_fault("slow") == FaultShare("slow", 1.0)


def test_slow(start):
    client = start(faults=("slow:0.3=1",)).client()
    begun = time.monotonic()
    client.get("/redfish/v1")
    assert time.monotonic() - begun >= 0.3


def test_subtree_500(start):
    client = start(faults=("subtree-500=1",)).client()
    assert client.get(f"{SYSTEM}/Storage").status == 500
    assert client.get(f"{SYSTEM}/Storage/Hba-0/Drives/Bay-0").status == 500
    assert client.get(f"{SYSTEM}/Memory").status == 200
    other = start(faults=("subtree-500:/Memory=1",), base="127.78.1.1").client()
    assert [other.get(f"{SYSTEM}/{part}").status for part in ("Storage", "Memory")] == [200, 500]


def test_unauthorized_once(start):
    client = start(faults=("unauthorized-once=1",)).client()
    assert [client.get(SYSTEM).status for _ in range(6)] == [200, 200, 401, 200, 200, 200]


def test_precondition_412(start):
    client = start(faults=("precondition-412=1",)).client()

    def patch(**headers):
        return client.send("PATCH", SYSTEM, {"AssetTag": "x"}, **headers).status

    assert patch(If_Match=client.get(SYSTEM).headers["etag"]) == 412
    assert patch() == 412
    assert client.get(SYSTEM).json()["AssetTag"] == ""
    assert patch(If_Match=client.get(SYSTEM).headers["etag"]) == 200
    assert client.get(SYSTEM).json()["AssetTag"] == "x"


def test_boot_in_settings(start):
    client = start(faults=("boot-in-settings=1",)).client()
    wanted = {"Boot": {"BootSourceOverrideTarget": "Pxe"}}
    assert client.send("PATCH", SYSTEM, wanted).status == 400
    place = client.get(SYSTEM).json()["@Redfish.Settings"]["SettingsObject"]["@odata.id"]
    assert client.get(place).json()["Boot"]["BootSourceOverrideTarget"] == "None"
    assert client.send("PATCH", place, wanted).status == 200
    assert client.get(SYSTEM).json()["Boot"]["BootSourceOverrideTarget"] == "Pxe"
    assert client.send("PATCH", SYSTEM, {"AssetTag": "x"}).status == 200


def test_media_demands(start):
    client = start(faults=("media-demands:TransferProtocolType,UserName=1",)).client()
    path = f"{MANAGER}/VirtualMedia/Cd-0/Actions/VirtualMedia.InsertMedia"
    body = {"Image": "http://10.0.0.1/a.iso"}
    assert "TransferProtocolType" in str(client.send("POST", path, body).json())
    body |= {"TransferProtocolType": "HTTP"}
    assert "UserName" in str(client.send("POST", path, body).json())
    assert client.send("POST", path, body | {"UserName": ""}).status == 204


def test_busy_409(start, monkeypatch):
    now = 0.0
    monkeypatch.setattr(acting, "time", SimpleNamespace(monotonic=lambda: now))
    fleet = start(faults=("busy-409:1.5=1",)).hold()
    client = fleet.client()
    assert client.send("POST", RESET, {"ResetType": "On"}).status == 204
    fleet.elapse()
    assert power(client) == "On"
    assert client.send("POST", RESET, {"ResetType": "ForceOff"}).status == 204
    now = 1.4
    assert client.send("POST", RESET, {"ResetType": "On"}).status == 409
    assert client.send("PATCH", SYSTEM, {"AssetTag": "x"}).status == 409
    assert client.get(SYSTEM).status == 200
    now = 1.6
    assert client.send("POST", RESET, {"ResetType": "On"}).status == 204


def test_dropped_connection(start):
    client = start(faults=("dropped-connection:3=1",)).client()
    outcomes = []
    for _ in range(6):
        try:
            outcomes.append(client.get(SYSTEM).status)
        except (http.client.RemoteDisconnected, ConnectionError):
            client.close()
            outcomes.append(0)
    assert outcomes == [200, 200, 0, 200, 200, 0]


def test_lying_power(start):
    fleet = start(faults=("lying-power:1.5=1",), power_time=0.05).hold()
    client = fleet.client()
    assert client.send("POST", RESET, {"ResetType": "On"}).status == 204
    assert [power(client), power(client)] == ["On", "Off"]
    assert [fleet.elapse(), power(client)] == [[1.5], "PoweringOn"]
    assert fleet.elapse() == [0.05]
    assert [power(client) for _ in range(3)] == ["On"] * 3


def test_stuck_reset(start):
    fleet = start(faults=("stuck-reset=1",)).hold()
    client = fleet.client()
    assert client.send("POST", RESET, {"ResetType": "On"}).status == 204
    assert fleet.elapse() == [], "nothing is to follow"
    assert power(client) == "Off"
    assert client.send("POST", RESET, {"ResetType": "On"}, auth=False).status == 401


def test_vanishing_task(start, until):
    client = start(faults=("vanishing-task=1",)).client()
    monitor = client.send("PATCH", SETTINGS, {"Attributes": {"NumLock": "Off"}}).headers["location"]
    assert [client.get(monitor).status, client.get(monitor).status] == [202, 404]
    client.send("POST", RESET, {"ResetType": "On"})
    assert until(lambda: power(client) == "On")
    assert client.get(f"{SYSTEM}/Bios").json()["Attributes"]["NumLock"] == "On"


def test_garbage_json(start):
    client = start(faults=("garbage-json=1",)).client()
    answer = client.get(f"{SYSTEM}/Memory")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert client.get(f"{SYSTEM}/Storage").json()


def test_wrong_content_type(start):
    client = start(faults=("wrong-content-type=1",)).client()
    answer = client.get(f"{SYSTEM}/Processors")
    assert (answer.status, answer.headers["content-type"], answer.body[:6]) == (200, "text/html", b"<html>")


def test_redirect_off_host(start):
    client = start(faults=("redirect-off-host=1",)).client()
    answer = client.get("/redfish/v1/Chassis")
    assert answer.status == 302
    assert client.address not in answer.headers["location"]


def test_clock_skew(start):
    def ahead(client):
        return datetime.fromisoformat(client.get(MANAGER).json()["DateTime"]) - datetime.now(UTC)

    client = start(faults=("clock-skew=1",)).client()
    assert ahead(client) > timedelta(hours=23)
    assert ahead(start(faults=("clock-skew:-3600=1",), base="127.78.1.1").client()) < timedelta(minutes=-59)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    assert client.send("PATCH", MANAGER, {"DateTime": now}).status == 200
    assert abs(ahead(client)) < timedelta(seconds=30)


def test_expand_lies(start):
    client = start(faults=("expand-lies=1",)).client()
    assert client.get("/redfish/v1").json()["ProtocolFeaturesSupported"]["ExpandQuery"]["NoLinks"] is True
    assert set(client.get(f"{SYSTEM}/Memory?$expand=*($levels=1)").json()["Members"][0]) == {"@odata.id"}


def test_nextlink_cycle(start):
    client = start(faults=("nextlink-cycle=1",)).client()
    page = client.get(f"{SYSTEM}/Memory").json()
    assert page["Members@odata.nextLink"] == f"{SYSTEM}/Memory"
    assert client.get(page["Members@odata.nextLink"]).json() == page


def test_endless_stream(start):
    fleet = start(faults=("endless-stream=1",))
    client = fleet.client()
    client.connection.request("GET", FIRMWARE, headers={"Authorization": client.basic})
    answer = client.connection.getresponse()
    assert answer.status == 200
    assert len(answer.read(500_000)) == 500_000
    client.close()
    assert fleet.client().get(SYSTEM).status == 200


def test_faults_add_up(start):
    client = start(faults=("subtree-500=1", "garbage-json=1")).client()
    assert client.get(f"{SYSTEM}/Storage").status == 500
    with pytest.raises(json.JSONDecodeError):
        client.get(f"{SYSTEM}/Memory").json()


def test_a_fault_of_another_name_is_a_key_error():
    with pytest.raises(KeyError):
        find("base")
