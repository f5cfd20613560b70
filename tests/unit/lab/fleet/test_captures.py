"""Captures of real machines, served. Skipped where they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalctl.lab.fleet import load_capture
from metalctl.lab.fleet.library import Library

pytestmark = pytest.mark.slow

CAPTURES = Path("/work/shared/captures")
ARCHIVES = ["dell-r750", "dmtf-rackmount1", "hpe-dl325-gen10"]


@pytest.fixture(params=ARCHIVES)
def capture(request):
    file = CAPTURES / f"{request.param}.tar.gz"
    if not file.exists():
        pytest.skip(f"{file} is absent")
    return load_capture(file)


def test_a_capture_served_equals_the_capture(start, capture):
    client = start(capture).client()
    compared = 0
    paths = sorted(capture)
    for path in paths[:: max(1, len(paths) // 200)]:
        answer = client.get(path.replace("%", "%25").replace("#", "%23").replace(" ", "%20"))
        told = answer.json()
        if capture[path].get("@odata.type", "").startswith("#Manager.") and "DateTime" in told:
            told["DateTime"] = capture[path]["DateTime"]
        assert (answer.status, told) == (200, capture[path]), path
        if "@odata.etag" in told:
            assert answer.headers["etag"] == told["@odata.etag"]
        compared += 1
    assert compared >= 100


def test_no_two_bmcs_of_a_capture_share_a_serial_a_uuid_or_a_mac(capture, unique):
    unique(Library(capture).tokens)


def test_power_and_boot_of_a_real_machine_change(start, capture, until):
    client = start(capture).client()
    (system,) = [m["@odata.id"] for m in client.get("/redfish/v1/Systems").json()["Members"]]
    target = client.get(system).json()["Actions"]["#ComputerSystem.Reset"]["target"]
    assert client.send("POST", target, {"ResetType": "ForceOff"}).status == 204
    assert until(lambda: client.get(system).json()["PowerState"] == "Off")
    wanted = {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}
    assert client.send("PATCH", system, {"Boot": wanted}).status == 200
    assert client.get(system).json()["Boot"]["BootSourceOverrideTarget"] == "Pxe"
    assert client.send("POST", target, {"ResetType": "On"}).status == 204
    assert until(lambda: client.get(system).json()["Boot"]["BootSourceOverrideTarget"] == "None")
    assert client.get(system).json()["PowerState"] == "On"


def test_a_real_machine_s_log_in_and_log_out(start, capture):
    fleet = start(capture)
    client = fleet.client()
    sessions = client.get("/redfish/v1").json()["Links"]["Sessions"]["@odata.id"]
    login = {"UserName": fleet.fleet.username, "Password": "password"}
    opened = client.send("POST", sessions, login, auth=False)
    token = opened.headers["x-auth-token"]
    assert client.get("/redfish/v1/Systems", X_Auth_Token=token).status == 200
    assert client.send("DELETE", opened.headers["location"], X_Auth_Token=token).status == 204
    assert client.get("/redfish/v1/Systems", X_Auth_Token=token).status == 401
