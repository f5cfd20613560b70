"""Captures of real machines, served. Skipped where they are absent."""

from __future__ import annotations

import pytest

from metalctl.lab.bmc.library import Library
from metalctl.lab.faults import find, names
from metalctl.lab.faults.hardware import Hardware
from metalctl.lab.fleet import BadFault, FaultShare, Fleet, FleetSettings, load_capture
from tests.captures import archive

pytestmark = pytest.mark.slow

ARCHIVES = ["dell-r750", "dmtf-rackmount1", "hpe-dl325-gen10"]


@pytest.fixture(params=ARCHIVES)
def capture(request):
    return load_capture(archive(request.param))


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


# Where a hardware fault shows: the types that one of them edits.
DAMAGED = ("ComputerSystem", "Bios", "Processor", "Memory", "Drive", "Storage", "NetworkAdapter", "Port", "Power",
           "PowerSupply")  # fmt: skip


def test_a_capture_takes_a_hardware_fault_or_refuses_it(capture):
    """What a real machine tells can be damaged, too; where it does not tell of the part, that is said."""
    faults = [name for name in names() if issubclass(find(name), Hardware)]
    fleet = Fleet(capture, FleetSettings(count=len(faults)))
    paths = [p for p, one in capture.items() if str(one.get("@odata.type", "")).split(".")[0][1:] in DAMAGED]
    taken = set()
    for name, bmc in zip(faults, fleet.bmcs, strict=True):
        before = [bmc.resource(path) for path in paths]
        try:
            find(name)(bmc, FaultShare(name, 1.0))
        except BadFault:
            continue
        assert [bmc.resource(path) for path in paths] != before, name
        taken.add(name)
    assert taken >= {"bios-old", "channel-empty", "mapped-out-dimm"}
