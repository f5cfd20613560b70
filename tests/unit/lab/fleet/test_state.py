"""What of a simulated BMC can be changed, and how that is seen afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from metalctl.lab.fleet import server

SYSTEM = "/redfish/v1/Systems/Node-0"
CHASSIS = "/redfish/v1/Chassis/Tray-0"
MANAGER = "/redfish/v1/Managers/Bmc-0"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"
BIOS = f"{SYSTEM}/Bios"


def power(client):
    return client.get(SYSTEM).json()["PowerState"]


def test_power_follows_the_command_after_its_time_and_the_chassis_says_the_same(start):
    fleet = start(power_time=0.8).hold()
    client = fleet.client()
    assert power(client) == "Off"
    assert client.send("POST", RESET, {"ResetType": "On"}).status == 204
    assert power(client) == "PoweringOn"
    assert fleet.elapse() == [0.8]
    assert power(client) == "On"
    assert client.get(CHASSIS).json()["PowerState"] == "On"
    client.send("POST", RESET, {"ResetType": "ForceOff"})
    assert power(client) == "PoweringOff"
    assert fleet.elapse() == [0.8]
    assert power(client) == "Off"


def test_one_bmc_s_power_is_no_other_s(start, until):
    fleet = start(count=2)
    first, second = fleet.client(0), fleet.client(1)
    first.send("POST", RESET, {"ResetType": "On"})
    assert until(lambda: power(first) == "On")
    assert power(second) == "Off"


def test_a_later_command_makes_the_earlier_one_void(start):
    fleet = start().hold()
    client = fleet.client()
    client.send("PATCH", SYSTEM, {"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}})
    client.send("POST", RESET, {"ResetType": "On"})
    client.send("POST", RESET, {"ResetType": "ForceOff"})
    assert len(fleet.elapse()) == 2
    assert power(client) == "Off"
    assert client.get(SYSTEM).json()["Boot"]["BootSourceOverrideTarget"] == "Pxe", "it never booted"


def test_a_power_cycle_passes_through_off(start):
    fleet = start().hold()
    client = fleet.client()
    client.send("POST", RESET, {"ResetType": "On"})
    fleet.elapse()
    assert power(client) == "On"
    client.send("POST", RESET, {"ResetType": "PowerCycle"})
    assert power(client) == "Off"
    fleet.elapse()
    assert power(client) == "On"


def test_a_machine_that_is_off_cannot_be_restarted_and_an_unknown_reset_is_refused(start):
    client = start().client()
    assert client.send("POST", RESET, {"ResetType": "ForceRestart"}).status == 409
    assert client.send("POST", RESET, {"ResetType": "Explode"}).status == 400
    assert client.send("POST", RESET, {}).status == 400
    assert client.send("POST", f"{SYSTEM}/Actions/ComputerSystem.Fly", {}).status == 404


def test_boot_once_is_used_up_by_a_boot_and_a_persistent_override_stays(start):
    fleet = start().hold()
    client = fleet.client()
    wanted = {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}
    assert client.send("PATCH", SYSTEM, {"Boot": wanted}).status == 200
    boot = client.get(SYSTEM).json()["Boot"]
    assert (boot["BootSourceOverrideTarget"], boot["BootSourceOverrideMode"]) == ("Pxe", "UEFI")
    client.send("POST", RESET, {"ResetType": "On"})
    fleet.elapse()
    assert client.get(SYSTEM).json()["Boot"]["BootSourceOverrideTarget"] == "None"
    client.send("PATCH", SYSTEM, {"Boot": {**wanted, "BootSourceOverrideEnabled": "Continuous"}})
    client.send("POST", RESET, {"ResetType": "ForceRestart"})
    assert len(fleet.elapse()) == 1
    assert client.get(SYSTEM).json()["Boot"]["BootSourceOverrideTarget"] == "Pxe"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (SYSTEM, {"Boot": {"BootSourceOverrideTarget": "Floppy"}}, 400),
        (SYSTEM, {"Boot": "Pxe"}, 400),
        (SYSTEM, {"PowerState": "On"}, 400),
        (SYSTEM, {"LocationIndicatorActive": "yes"}, 400),
        (SYSTEM, {}, 400),
        (SYSTEM, b"{not json", 400),
        (f"{SYSTEM}/Processors/Cpu-0", {"Model": "other"}, 405),
        (f"{SYSTEM}/Nothing", {"Model": "other"}, 404),
        (BIOS, {"Attributes": {"NumLock": "Off"}}, 405),
    ],
)
def test_what_cannot_be_set_is_refused(start, path, body, status):
    client = start().client()
    before = client.get(SYSTEM).body
    assert client.send("PATCH", path, body).status == status
    assert client.get(SYSTEM).body == before


def test_the_locator_led_is_lit_and_stays_lit(start):
    client = start().client()
    assert client.send("PATCH", SYSTEM, {"LocationIndicatorActive": True}).status == 200
    assert client.get(SYSTEM).json()["LocationIndicatorActive"] is True


def test_bios_settings_are_pending_until_a_boot_and_the_task_is_followed(start, until):
    client = start().client()
    answer = client.send("PATCH", f"{BIOS}/Settings", {"Attributes": {"NumLock": "Off"}})
    assert answer.status == 202
    monitor = answer.headers["location"]
    assert client.get(monitor).status == 202
    task = client.get("/redfish/v1/TaskService/Tasks").json()["Members"][0]["@odata.id"]
    assert client.get(task).json()["TaskState"] == "Pending"
    assert client.get(BIOS).json()["Attributes"]["NumLock"] == "On"
    assert client.get(f"{BIOS}/Settings").json()["Attributes"] == {"NumLock": "Off"}
    client.send("POST", RESET, {"ResetType": "On"})
    assert until(lambda: client.get(monitor).status == 200)
    assert client.get(monitor).json()["TaskState"] == "Completed"
    attributes = client.get(BIOS).json()["Attributes"]
    assert (attributes["NumLock"], attributes["BootMode"]) == ("Off", "Uefi")
    assert client.send("DELETE", task).status == 204
    assert client.get(task).status == 404


def test_a_bios_attribute_that_is_unknown_or_of_another_type_is_refused(start):
    client = start().client()
    for attributes in ({"Nonsense": 1}, {"AcPwrRcvryDelay": "long"}, {}):
        assert client.send("PATCH", f"{BIOS}/Settings", {"Attributes": attributes}).status == 400


def test_secure_boot_takes_effect_at_the_next_boot(start, until):
    client = start().client()
    path = f"{SYSTEM}/SecureBoot"

    def state() -> tuple[bool, str]:
        found = client.get(path).json()
        return found["SecureBootEnable"], found["SecureBootCurrentBoot"]

    assert client.send("PATCH", path, {"SecureBootEnable": "yes"}).status == 400
    assert client.send("PATCH", path, {"SecureBootEnable": True}).status == 200
    assert state() == (True, "Disabled")
    client.send("POST", RESET, {"ResetType": "On"})
    assert until(lambda: state() == (True, "Enabled"))
    client.send("PATCH", path, {"SecureBootEnable": False})
    client.send("PATCH", path, {"SecureBootEnable": True})
    client.send("POST", RESET, {"ResetType": "ForceRestart"})
    assert until(lambda: state() == (True, "Enabled")), "the last wish counts"


def test_a_cleared_log_is_empty(start):
    client = start().client()
    log = f"{SYSTEM}/LogServices/Sel"
    assert client.get(f"{log}/Entries").json()["Members@odata.count"] == 2
    assert client.send("POST", f"{log}/Actions/LogService.ClearLog", {}).status == 204
    assert client.get(f"{log}/Entries").json()["Members"] == []
    assert client.get(f"{log}/Entries/1").status == 404


def test_virtual_media_is_inserted_once_and_ejected(start):
    client = start().client()
    media = f"{MANAGER}/VirtualMedia/Cd-0"
    insert = f"{media}/Actions/VirtualMedia.InsertMedia"
    assert client.send("POST", insert, {"Image": "http://127.0.0.1/boot.iso"}).status == 204
    told = client.get(media).json()
    assert (told["Inserted"], told["Image"], told["ImageName"]) == (True, "http://127.0.0.1/boot.iso", "boot.iso")
    assert client.send("POST", insert, {"Image": "http://127.0.0.1/other.iso"}).status == 409
    client.send("POST", f"{media}/Actions/VirtualMedia.EjectMedia", {})
    assert client.get(media).json()["Inserted"] is False


def test_the_clock_runs_and_can_be_set(start):
    client = start().client()

    def off_by():
        return abs(datetime.fromisoformat(client.get(MANAGER).json()["DateTime"]) - datetime.now(UTC))

    assert off_by() < timedelta(seconds=30)
    later = (datetime.now(UTC) + timedelta(hours=2)).isoformat(timespec="seconds")
    assert client.send("PATCH", MANAGER, {"DateTime": later}).status == 200
    assert timedelta(hours=1, minutes=59) < off_by() < timedelta(hours=2, minutes=1)
    assert client.send("PATCH", MANAGER, {"DateTime": "soon"}).status == 400


def test_a_restarting_bmc_refuses_connections_then_serves_again_and_nobody_is_logged_in(start, until):
    fleet = start(bmc_reset_time=6.0).hold()
    client = fleet.client()
    login = {"UserName": "admin", "Password": "password"}
    token = client.send("POST", "/redfish/v1/SessionService/Sessions", login, auth=False).headers["x-auth-token"]
    assert client.get(SYSTEM, X_Auth_Token=token).status == 200
    client.send("POST", f"{MANAGER}/Actions/Manager.Reset", {"ResetType": "GracefulRestart"})

    def answers():
        try:
            return fleet.client().get(SYSTEM, X_Auth_Token=token).status
        except ConnectionRefusedError:
            return 0

    assert fleet.elapse() == [0.1], "the answer went out first"
    assert fleet.elapse(most=1) == [server._ACCEPTED]
    assert answers() == 0
    assert fleet.elapse() == [6.0]
    assert until(lambda: answers() == 401)
    assert fleet.client().get(SYSTEM).status == 200
