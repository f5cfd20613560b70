"""BIOS settings and secure boot: done only when the machine reads so after it has started."""

from __future__ import annotations

import pytest

from metalctl.bmc.audit import Act
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import NotApplied, TaskFailed, Unreachable, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.acting import Acting
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import BIOS, SETTINGS, SYSTEM, FakeBmc, Sent, reply


class Machine(Acting):
    """The acting half, at a fake BMC."""

    def __init__(self, bmc: FakeBmc, quirks: Quirks | None = None) -> None:
        self.bmc, self._known, self.clock = bmc, quirks or Quirks(), bmc.clock
        self.endpoint = Endpoint("192.0.2.1")
        self.acts: list[Act] = []
        self.audit = self.acts.append

    def power(self) -> str:
        return str(self.bmc.wire().system()["PowerState"]).lower()

    def _wired(self) -> Wire:
        return self.bmc.wire()


def resets(bmc: FakeBmc) -> list[str]:
    return [one["ResetType"] for one in bmc.bodies("POST")]


def test_settings_are_written_to_the_settings_object_and_read_back_after_the_reboot() -> None:
    bmc = FakeBmc()
    machine = Machine(bmc)
    change = machine.set_bios({"Vt": "On", "Threads": "4", "BootMode": "Uefi"})
    assert bmc.bodies("PATCH", SETTINGS) == [
        {"Attributes": {"Vt": "On", "Threads": 4}, "@Redfish.SettingsApplyTime": {"ApplyTime": "OnReset"}}
    ], "only what differs, in the BIOS's own types"
    assert (change.before, change.after) == (
        {"Vt": "Off", "Threads": 2, "BootMode": "Uefi"}, {"Vt": "On", "Threads": 4, "BootMode": "Uefi"},
    )  # fmt: skip
    assert resets(bmc) == ["ForceOff", "On"]
    assert [(a.action, a.done) for a in machine.acts] == [("power", True), ("bios", True)]


def test_what_is_so_already_is_neither_written_nor_booted_for() -> None:
    bmc = FakeBmc()
    assert not Machine(bmc).set_bios({"Vt": "Off"}).changed
    assert {s.method for s in bmc.sent} == {"GET"}


def test_without_reboot_it_is_pending_and_said_so_and_a_second_time_not_written() -> None:
    bmc = FakeBmc()
    change = Machine(bmc).set_bios({"Vt": "On"}, reboot=False)
    assert (change.changed, change.note) == (False, "pending until a reboot: Vt")
    bmc.tree[SETTINGS]["Attributes"] = {"Vt": "On"}
    Machine(bmc).set_bios({"Vt": "On"}, reboot=False)
    assert len(bmc.bodies("PATCH")) == 1
    assert resets(bmc) == []


def test_a_bios_that_ignores_the_settings_is_caught_with_what_differs_and_why() -> None:
    bmc = FakeBmc()
    bmc.tree[BIOS]["@Redfish.Settings"]["Messages"] = [{"Message": "Vt depends on Threads"}]
    bmc.rules.append(lambda s: reply(204) if s.method == "PATCH" else None)
    machine = Machine(bmc)
    with pytest.raises(NotApplied, match=r"Vt is Off, not On \(Vt depends on Threads\)") as caught:
        machine.set_bios({"Vt": "On"}, timeout=60)
    assert caught.value.fields["got"] == {"Vt": "Off"}
    assert not machine.acts[-1].done


def test_a_task_that_ends_as_done_is_not_believed_and_one_that_fails_ends_it() -> None:
    bmc = FakeBmc()
    bmc.tree["/t"] = {"TaskState": "Completed"}
    bmc.rules.append(lambda s: reply(202, {"location": "/t"}) if s.method == "PATCH" else None)
    with pytest.raises(NotApplied):
        Machine(bmc).set_bios({"Vt": "On"}, timeout=60)
    bmc.tree["/t"] = {"TaskState": "Exception", "Messages": [{"Message": "locked"}]}
    with pytest.raises(TaskFailed, match="locked"):
        Machine(bmc).set_bios({"Vt": "On"}, timeout=60)


def test_a_task_that_fails_after_the_reboot_ends_the_wait_at_once() -> None:
    bmc = FakeBmc()
    bmc.tree["/t"] = {"TaskState": "Pending"}

    def task(sent: Sent) -> Response | None:
        if sent.method == "PATCH":
            return reply(202, {"location": "/t"})
        failed = {"TaskState": "Exception", "Messages": [{"Message": "the BIOS is locked"}]}
        return reply(200, {}, failed) if sent.path == "/t" and bmc.bodies("POST") else None

    bmc.rules.append(task)
    with pytest.raises(TaskFailed, match="the BIOS is locked"):
        Machine(bmc).set_bios({"Vt": "On"}, timeout=600)
    assert bmc.sent[-1].at < 1100


def test_a_task_that_vanished_counts_by_what_is_read() -> None:
    bmc = FakeBmc()

    def accepts(sent: Sent) -> Response | None:
        if sent.method != "PATCH":
            return None
        bmc.pending |= sent.body["Attributes"]
        return reply(202, {"location": "/gone"})

    bmc.rules.append(accepts)
    assert Machine(bmc).set_bios({"Vt": "On"}).after == {"Vt": "On"}


def test_a_task_that_vanished_does_not_prolong_the_wait_and_one_that_runs_does() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: reply(202, {"location": "/gone"}) if s.method == "PATCH" else None)
    with pytest.raises(NotApplied):
        Machine(bmc).set_bios({"Vt": "On"}, timeout=60)
    assert bmc.sent[-1].at < 1100
    bmc.tree["/gone"] = {"TaskState": "Running"}
    with pytest.raises(NotApplied):
        Machine(bmc, Quirks(task_lasts=500)).set_bios({"Vt": "On"}, timeout=60)
    assert bmc.sent[-1].at > 1500


def test_a_bmc_that_is_away_while_the_machine_starts_is_waited_for() -> None:
    bmc = FakeBmc()

    def away(sent: Sent) -> Response | None:
        if sent.path == BIOS and len(bmc.bodies("POST")) == 2 and sent.at < 1100:
            raise Unreachable("away")
        return None

    bmc.rules.append(away)
    assert Machine(bmc).set_bios({"Vt": "On"}, timeout=600).after == {"Vt": "On"}
    assert bmc.sent[-1].at >= 1100


def test_an_unknown_setting_is_refused_before_anything_is_written_and_a_near_one_named() -> None:
    bmc = FakeBmc()
    with pytest.raises(Unsupported, match="no setting 'Bootmode'") as caught:
        Machine(bmc).set_bios({"Vt": "On", "Bootmode": "Bios"})
    assert "BootMode" in caught.value.hint
    with pytest.raises(Unsupported, match="no setting 'Xyzzy'") as caught:
        Machine(bmc).set_bios({"Xyzzy": "On"})
    assert "metalctl bmc bios lists" in caught.value.hint
    assert bmc.bodies("PATCH") == []


def test_a_machine_that_is_off_is_started_to_take_its_settings() -> None:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["PowerState"] = "Off"
    Machine(bmc).set_bios({"Vt": "On"})
    assert resets(bmc) == ["On"]


def test_secure_boot_is_asked_for_and_proven_by_the_next_boot() -> None:
    bmc = FakeBmc()
    machine = Machine(bmc)
    assert machine.secure_boot() is False
    assert machine.set_secure_boot(True).after is True
    assert machine.secure_boot() is True
    assert len(bmc.bodies("PATCH")) == 1
    assert not machine.set_secure_boot(True).changed
    assert len(bmc.bodies("PATCH")) == 1


def test_secure_boot_that_the_firmware_does_not_take_is_caught() -> None:
    bmc = FakeBmc()
    path = f"{SYSTEM}/SecureBoot"
    stays = reply(200, {}, {"SecureBootEnable": True, "SecureBootCurrentBoot": "Disabled"})
    bmc.rules.append(lambda s: stays if s.path == path and s.method == "GET" and bmc.bodies("POST") else None)
    with pytest.raises(NotApplied, match="booted otherwise"):
        Machine(bmc).set_secure_boot(True, timeout=60)
    ignored = FakeBmc()
    ignored.rules.append(lambda s: reply(204) if s.method == "PATCH" else None)
    with pytest.raises(NotApplied, match="still says otherwise"):
        Machine(ignored).set_secure_boot(True)
    assert resets(ignored) == []
