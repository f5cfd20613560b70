"""A Redfish BMC over HTTPS: the way in, the inventory, power and boot, and all that may go wrong on the way."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import pytest

from metalctl.bmc import Bmc, Credential, connect, parse_endpoint, probe
from metalctl.bmc.errors import (
    BadAnswer,
    BmcError,
    BootNotSet,
    CertificateChanged,
    NotABmc,
    PowerNotReached,
    SystemNotChosen,
    Unreachable,
    WrongPassword,
)
from metalctl.bmc.redfish import bmc as redfish_bmc
from metalctl.lab.fleet.replay import Fault, Replay

pytestmark = pytest.mark.slow  # they wait: for time-outs, retries, processes

ROOT = "/redfish/v1"
SYSTEM = f"{ROOT}/Systems/blade-7"
GOOD = Credential("admin", "s3cret")


def login(replay: Replay, credential: Credential = GOOD, **changes: Any) -> Bmc:
    return connect(replace(parse_endpoint(replay.url), **changes), credential, timeout=60)


def test_a_probe_tells_who_answers_and_sends_no_credential(replay: Replay) -> None:
    found = probe(parse_endpoint(replay.url))
    assert (found.protocol, found.product, found.fingerprint) == ("redfish", "Acme BMC", replay.fingerprint)
    assert found.endpoint.fingerprint == replay.fingerprint, "it is there to be recorded"
    assert replay.authorized == 0


def test_the_inventory_is_what_the_tree_says(replay: Replay) -> None:
    with login(replay) as bmc:
        found = bmc.inventory()
        assert bmc.endpoint.fingerprint == replay.fingerprint
    assert (found.cpu.sockets, found.cpu.cores, found.cpu.threads) == (1, 8, 16)
    assert found.memory.total == 32 * 2**30
    assert [(d.slot, d.size) for d in found.memory.dimms] == [("A1", 32 * 2**30), ("A2", 0)]
    assert found.memory.ecc is True
    assert [(d.kind, d.rotational, d.size) for d in found.disks] == [("hdd", True, 4 * 10**12)]
    assert [(n.mac, n.speed, n.link) for n in found.nics] == [("aa:bb:cc:00:00:01", 25 * 10**9, True)]
    assert found.identity.macs == ("aa:bb:cc:00:00:01",)
    assert (found.identity.serial, found.identity.uuid) == ("S-1", "aaaaaaaa-0000-0000-0000-000000000001")
    assert (found.boot_mode, found.power, found.emulated, found.unreadable) == ("uefi", "off", False, ())


@pytest.mark.parametrize(
    ("broken", "fact", "fault"),
    [("Storage", "controllers disks volumes", Fault(500)), ("Storage/1/Drives/0", "disks", Fault(403)),
     ("Processors", "cpu", Fault(500)),
     ("Memory/A1", "memory.dimms", Fault(body="<html>")), ("EthernetInterfaces", "nics", Fault(body="[]")),
     ("EthernetInterfaces/1", "nics", Fault(body='{"a":'))],
)  # fmt: skip
def test_a_broken_subtree_costs_one_unreadable_only(replay: Replay, broken: str, fact: str, fault: Fault) -> None:
    with login(replay) as bmc:
        replay.faults[f"{SYSTEM}/{broken}"] = fault
        found = bmc.inventory()
    assert [u.fact for u in found.unreadable] == fact.split(), "all that hangs on it, and nothing else"
    assert broken in found.unreadable[0].reason
    assert replay.requests["GET", f"{SYSTEM}/{broken}"] == 1, "an error is not retried"
    assert found.identity.serial == "S-1"
    assert bool(found.disks) == ("disks" not in fact)
    assert bool(found.nics) == (fact != "nics")
    assert found.memory.total == 32 * 2**30, "the summary still says it"
    assert (found.cpu.cores is None) == (fact == "cpu")


def test_what_the_bmc_does_not_link_to_is_not_stated_and_no_failure(replay: Replay) -> None:
    with login(replay) as bmc:
        for name in ("Storage", "Memory", "Processors", "EthernetInterfaces"):
            del replay.tree[SYSTEM][name]
        found = bmc.inventory()
    assert found.unreadable == ()
    assert (found.disks, found.memory.dimms, found.cpu.sockets, found.nics) == ((), (), None, ())


def test_a_wrong_password_is_sent_once_and_never_again(replay: Replay) -> None:
    wrong = Credential("admin", "hunter2")
    with pytest.raises(WrongPassword) as caught:
        login(replay, wrong)
    with pytest.raises(WrongPassword):
        login(replay, wrong)
    assert replay.authorized == 1
    assert "lock" in caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint
    login(replay).close()  # another credential is tried all the same


def test_a_changed_certificate_stops_before_any_credential(replay: Replay) -> None:
    with pytest.raises(CertificateChanged) as caught:
        login(replay, fingerprint="ab" * 32)
    assert caught.value.fields["got"] == replay.fingerprint
    assert replay.authorized == 0
    assert not replay.requests, "not even the service root was asked"


def test_a_certificate_that_changes_between_two_requests_gets_no_credential(
    replay: Replay, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look shows the recorded certificate, and then somebody else answers."""

    async def lying(endpoint: object, timeout: float) -> str:
        return "cd" * 32

    monkeypatch.setattr(redfish_bmc, "fetch_fingerprint", lying)
    with pytest.raises(CertificateChanged):
        login(replay, fingerprint="cd" * 32)
    assert not replay.requests


def test_power_commands_are_pinned_to_the_certificate_too(replay: Replay) -> None:
    with login(replay) as bmc:
        assert bmc.power() == "off"
        bmc._client._pin.recorded = "ab" * 32  # type: ignore[attr-defined]
        with pytest.raises(CertificateChanged):
            bmc.set_boot("pxe")
    assert {method for method, _ in replay.requests} == {"GET"}, "what was verified before is still read"


@pytest.mark.parametrize(
    "root",
    [Fault(404), Fault(401), Fault(body="hello"), Fault(body="{}"), Fault(body='{"RedfishVersion": "1.0"}'),
     Fault(body="[1]"), Fault(302, location="https://192.0.2.1/")],
)  # fmt: skip
def test_what_is_no_redfish_service_gets_no_credential(replay: Replay, root: Fault) -> None:
    replay.faults[ROOT] = root
    with pytest.raises(NotABmc):
        login(replay)
    assert replay.authorized == 0


def test_nobody_there_is_unreachable(replay: Replay) -> None:
    endpoint = parse_endpoint(replay.url)
    with pytest.raises(Unreachable) as caught:
        connect(replace(endpoint, port=1), GOOD)
    assert caught.value.hint


def test_a_bmc_that_does_not_answer_in_time_is_unreachable(replay: Replay) -> None:
    replay.faults[f"{ROOT}/Systems"] = Fault(delay=30)
    # Long enough for the handshake on a busy machine: asyncio leaks a socket that is cancelled in the middle of one.
    with pytest.raises(Unreachable, match="within"):
        connect(parse_endpoint(replay.url), GOOD, timeout=2)


@pytest.mark.parametrize("link", ["https://192.0.2.1/x", "//192.0.2.1/x", "relative"])
def test_no_link_leads_the_credential_to_another_host(replay: Replay, link: str) -> None:
    with login(replay) as bmc:
        replay.tree[SYSTEM]["Storage"]["@odata.id"] = link
        found = bmc.inventory()
    assert [u.fact for u in found.unreadable] == ["controllers", "disks", "volumes"]


def test_a_redirect_on_the_same_bmc_is_followed_and_one_off_it_is_not(replay: Replay) -> None:
    with login(replay) as bmc:
        replay.faults[f"{SYSTEM}/Storage"] = Fault(307, location=f"{SYSTEM}/Elsewhere")
        replay.tree[f"{SYSTEM}/Elsewhere"] = replay.tree[f"{SYSTEM}/Storage"]
        assert len(bmc.inventory().disks) == 1
        replay.faults[f"{SYSTEM}/Storage"] = Fault(307, location="https://192.0.2.1/")
        assert "disks" in [u.fact for u in bmc.inventory().unreadable]


@pytest.mark.parametrize(
    ("state", "wanted", "after"),
    [("Off", "on", "On"), ("On", "off", "Off"), ("On", "cycle", "On"), ("On", "reset", "On")],
)
def test_power_reaches_the_state(replay: Replay, state: str, wanted: str, after: str) -> None:
    replay.tree[SYSTEM]["PowerState"] = state
    with login(replay) as bmc:
        bmc.set_power(wanted, timeout=60)
        assert replay.tree[SYSTEM]["PowerState"] == after
        assert bmc.power() == after.lower()


def test_a_machine_that_is_on_is_not_switched_on_again(replay: Replay) -> None:
    replay.tree[SYSTEM]["PowerState"] = "On"
    with login(replay) as bmc:
        bmc.set_power("on")
    assert not [method for method, _ in replay.requests if method == "POST"]


def test_a_bmc_that_lies_about_power_is_caught(replay: Replay) -> None:
    replay.obeys = False
    with login(replay) as bmc, pytest.raises(PowerNotReached) as caught:
        bmc.set_power("on", timeout=2)
    assert caught.value.fields["got"] == "off"


def test_the_boot_device_is_set_once_re_read_and_not_written_twice(replay: Replay) -> None:
    with login(replay) as bmc:
        assert bmc.boot() == "none"
        bmc.set_boot("pxe", mode="uefi")
        assert bmc.boot() == "pxe"
        boot = replay.tree[SYSTEM]["Boot"]
        assert (boot["BootSourceOverrideEnabled"], boot["BootSourceOverrideTarget"]) == ("Once", "Pxe")
        bmc.set_boot("pxe", mode="uefi")
        assert replay.requests["PATCH", SYSTEM] == 1
        bmc.set_boot("disk", mode="bios", persistent=True)
        boot = replay.tree[SYSTEM]["Boot"]
        assert (boot["BootSourceOverrideEnabled"], boot["BootSourceOverrideMode"]) == ("Continuous", "Legacy")


def test_a_bmc_that_ignores_the_boot_device_is_caught(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalctl.bmc.redfish.act.boot.SETTLES", 0.0)
    replay.obeys = False
    with login(replay) as bmc, pytest.raises(BootNotSet) as caught:
        bmc.set_boot("pxe")
    assert caught.value.fields["got"][0] == "none"


@pytest.mark.parametrize("body", ["garbage", "[]", '{"Members": 3}', "null"])
def test_garbage_instead_of_systems_is_an_error_of_this_room(replay: Replay, body: str) -> None:
    replay.faults[f"{ROOT}/Systems"] = Fault(body=body)
    with pytest.raises(BmcError):
        login(replay)


@pytest.mark.parametrize("body", ["garbage", "[]", "{}", '{"Boot": 3, "@odata.id": "x", "PowerState": ["On"]}'])
def test_garbage_instead_of_the_system_is_an_error_of_this_room(replay: Replay, body: str) -> None:
    with login(replay) as bmc:
        replay.faults[SYSTEM] = Fault(body=body)
        with pytest.raises(BmcError):
            bmc.power()
        with pytest.raises(BmcError):
            bmc.set_power("on", timeout=1)
        with pytest.raises(BmcError):
            bmc.set_boot("pxe")


def test_of_several_systems_one_must_be_chosen(replay: Replay) -> None:
    replay.tree[f"{ROOT}/Systems"]["Members"].append({"@odata.id": f"{ROOT}/Systems/blade-8"})
    with pytest.raises(SystemNotChosen) as caught:
        login(replay)
    assert "blade-7, blade-8" in caught.value.hint
    with pytest.raises(SystemNotChosen, match="blade-9"):
        login(replay, system="blade-9")
    with login(replay, system="blade-7") as bmc:
        assert bmc.identity().serial == "S-1"


def test_a_bmc_without_systems_says_so(replay: Replay) -> None:
    replay.tree[f"{ROOT}/Systems"]["Members"] = []
    with pytest.raises(SystemNotChosen, match="no system"):
        login(replay)


def test_the_serial_number_is_where_the_quirks_say(replay: Replay) -> None:
    replay.tree[SYSTEM] |= {"Manufacturer": "Dell Inc.", "SKU": "TAG42"}
    with login(replay) as bmc:
        found = bmc.identity()
    assert (found.serial, found.extra["board_serial"]) == ("TAG42", "S-1")


def test_an_emulator_is_known_as_one_and_its_processors_are_not_believed(replay: Replay) -> None:
    replay.tree[ROOT]["Id"] = "RedvirtService"
    with login(replay) as bmc:
        found = bmc.inventory()
    assert found.emulated
    assert found.cpu.cores is None
    assert [u.fact for u in found.unreadable] == ["cpu", "firmware.bios"]
    assert "bios" not in {f.component for f in found.firmware}


def test_a_closed_connection_leaves_nothing_and_says_so(replay: Replay) -> None:
    bmc = login(replay)
    bmc.close()
    gc.collect()
    with pytest.raises((BmcError, RuntimeError)):
        bmc.power()


def test_a_busy_bmc_gets_one_more_chance(replay: Replay) -> None:
    with login(replay) as bmc:
        replay.faults[f"{SYSTEM}/Storage"] = Fault(503)
        assert "disks" in [u.fact for u in bmc.inventory().unreadable]
        assert replay.requests["GET", f"{SYSTEM}/Storage"] == 2


def test_a_refused_command_is_an_error_and_not_a_wait(replay: Replay) -> None:
    replay.faults[f"{SYSTEM}/Actions/ComputerSystem.Reset"] = Fault(400, body="{}")
    with login(replay) as bmc, pytest.raises(BmcError) as caught:
        bmc.set_power("on", timeout=30)
    assert not isinstance(caught.value, (PowerNotReached, BadAnswer))
