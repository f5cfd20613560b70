"""An action that is repeated changes nothing more; what is asked for is read where it stands."""

from __future__ import annotations

import pytest

from metalctl.bmc.errors import NotApplied
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act import boot, logs
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import BIOS, LOG, SETTINGS, SYSTEM, FakeBmc, Sent, deaf, reply
from tests.unit.bmc.test_act_settings import Machine, resets

SECURE = f"{SYSTEM}/SecureBoot"


def test_where_one_boot_is_asked_for_as_a_lasting_one_it_is_written_once() -> None:
    bmc = FakeBmc()
    wire = bmc.wire(Quirks(boot_once="Continuous"))
    boot.set_override(wire, "pxe", None, False)
    boot.set_override(wire, "pxe", None, False)
    assert [one["Boot"]["BootSourceOverrideEnabled"] for one in bmc.bodies("PATCH")] == ["Continuous"]


def test_a_lasting_override_is_no_single_one_elsewhere() -> None:
    bmc = FakeBmc()
    boot.set_override(bmc.wire(), "pxe", None, True)
    boot.set_override(bmc.wire(), "pxe", None, False)
    assert [one["Boot"]["BootSourceOverrideEnabled"] for one in bmc.bodies("PATCH")] == ["Continuous", "Once"]


def test_a_log_that_counts_entries_and_lists_none_is_cleared_when_it_counts_fewer() -> None:
    for obeys in (True, False):
        bmc = FakeBmc()
        bmc.tree[f"{LOG}/Entries"] = {"Members": [], "Members@odata.count": 5}
        if obeys:
            assert logs.clear(bmc.wire()) == (5, 0)
            continue
        with pytest.raises(NotApplied, match="was to be cleared"):
            logs.clear(deaf(bmc, "POST").wire())


def with_settings_object(bmc: FakeBmc, after: float = 0.0) -> None:
    """Secure boot is asked for in a resource of its own; the other one tells of the last boot only."""
    place = f"{SECURE}/Settings"
    bmc.tree[SECURE]["@Redfish.Settings"] = {"SettingsObject": {"@odata.id": place}}
    bmc.tree[place] = {"SecureBootEnable": False}

    def takes(sent: Sent) -> Response | None:
        on = bmc.tree[place]["SecureBootEnable"]
        if sent.method == "POST" and sent.body == {"ResetType": "On"}:
            bmc.tree[SECURE]["SecureBootEnable"] = on
        late = sent.path == place and sent.method == "GET" and on and sent.at < 1000 + after
        return reply(200, {}, {"SecureBootEnable": False}) if late else None

    bmc.rules.append(takes)


@pytest.mark.parametrize("after", [0.0, 5.0])
def test_secure_boot_is_seen_asked_for_where_it_was_written_and_a_moment_later(after: float) -> None:
    bmc = FakeBmc()
    with_settings_object(bmc, after)
    assert Machine(bmc).set_secure_boot(True).after is True
    assert bmc.bodies("PATCH", f"{SECURE}/Settings") == [{"SecureBootEnable": True}]
    assert bmc.bodies("PATCH", SECURE) == []


def test_a_change_of_secure_boot_that_was_pending_is_taken_back_and_that_is_said() -> None:
    bmc = FakeBmc()
    machine = Machine(bmc)
    machine.set_secure_boot(True, reboot=False)
    change = machine.set_secure_boot(False)
    assert (change.changed, change.note) == (False, "a change that was pending was taken back")
    assert bmc.bodies("PATCH") == [{"SecureBootEnable": True}, {"SecureBootEnable": False}]
    assert machine.set_secure_boot(False).note == ""
    assert resets(bmc) == []


def test_a_setting_that_is_true_or_false_may_be_written_as_people_do() -> None:
    bmc = FakeBmc()
    bmc.tree[BIOS]["Attributes"]["Turbo"] = False
    assert not Machine(bmc).set_bios({"Turbo": "false"}).changed
    assert Machine(bmc).set_bios({"Turbo": "TRUE"}).after == {"Turbo": True}
    assert [one["Attributes"] for one in bmc.bodies("PATCH", SETTINGS)] == [{"Turbo": True}]


@pytest.mark.parametrize("odd", ["--5", "\u00b2", "4x", ""])
def test_what_is_no_number_is_left_to_the_bios_to_refuse(odd: str) -> None:
    bmc = FakeBmc()
    Machine(bmc).set_bios({"Threads": odd}, reboot=False)
    assert [one["Attributes"] for one in bmc.bodies("PATCH", SETTINGS)] == [{"Threads": odd}]


def pends(bmc: FakeBmc) -> None:
    """The settings object shows what is pending, as real ones do."""

    def shows(sent: Sent) -> Response | None:
        if (sent.method, sent.path) != ("PATCH", SETTINGS):
            return None
        bmc.pending |= sent.body["Attributes"]
        bmc.tree[SETTINGS]["Attributes"] = dict(bmc.pending)
        return reply(204)

    bmc.rules.append(shows)


def test_a_setting_that_is_right_now_and_would_be_another_after_the_next_boot_is_asked_for_again() -> None:
    bmc = FakeBmc()
    pends(bmc)
    machine = Machine(bmc)
    machine.set_bios({"Vt": "On"}, reboot=False)
    change = machine.set_bios({"Vt": "Off"})
    assert (change.changed, change.note) == (False, "a change that was pending was taken back")
    assert [one["Attributes"] for one in bmc.bodies("PATCH", SETTINGS)] == [{"Vt": "On"}, {"Vt": "Off"}]
    assert machine.set_bios({"Vt": "Off"}).note == ""
    assert len(bmc.bodies("PATCH")) == 2
    assert resets(bmc) == []


def test_one_that_stays_pending_in_spite_of_that_is_told() -> None:
    bmc = FakeBmc()
    bmc.tree[SETTINGS]["Attributes"] = {"Vt": "On"}
    bmc.rules.append(lambda s: reply(204) if s.method == "PATCH" else None)
    with pytest.raises(NotApplied, match="pending for the next boot"):
        Machine(bmc).set_bios({"Vt": "Off"})


def test_with_one_that_differs_another_that_is_pending_otherwise_is_asked_for_too() -> None:
    bmc = FakeBmc()
    bmc.tree[SETTINGS]["Attributes"] = bmc.pending = {"Vt": "On"}
    change = Machine(bmc).set_bios({"Vt": "Off", "Threads": "4"})
    assert bmc.bodies("PATCH", SETTINGS)[0]["Attributes"] == {"Threads": 4, "Vt": "Off"}
    assert change.after == {"Vt": "Off", "Threads": 4}
