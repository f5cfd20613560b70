"""Boot override, power, locator, log, clock, reset of the BMC: each looks, acts, and reads again."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.errors import BootNotSet, Busy, NotApplied, Unreachable, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act import boot, clocks, led, logs, manager, power
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import LOG, MANAGER, SYSTEM, FakeBmc, Sent, deaf, error, refuse, reply
from tests.unit.bmc.fake_tree import CHASSIS

# ---- boot ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "mode", "persistent", "body"),
    [("pxe", None, False, {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}),
     ("pxe", "uefi", False, {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}),
     ("disk", "bios", True, {"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Hdd",
                             "BootSourceOverrideMode": "Legacy"}),
     ("cd", None, False, {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Cd"})],
)  # fmt: skip
def test_the_override_is_written_once_and_the_mode_only_when_it_changes(
    device: str, mode: str | None, persistent: bool, body: dict[str, str]
) -> None:
    bmc = FakeBmc()
    _, after = boot.set_override(bmc.wire(), device, mode, persistent)
    assert bmc.bodies("PATCH") == [{"Boot": body}]
    assert after.device == device
    boot.set_override(bmc.wire(), device, mode, persistent)
    assert len(bmc.bodies("PATCH")) == 1, "it is so already"


def test_an_override_is_taken_away_and_one_that_is_not_there_is_left() -> None:
    bmc = FakeBmc()
    assert boot.set_override(bmc.wire(), "none", None, False)[1].device == "none"
    assert bmc.bodies("PATCH") == []
    boot.set_override(bmc.wire(), "pxe", None, True)
    assert boot.set_override(bmc.wire(), "none", None, False)[1].lasting == "Disabled"


def test_a_bmc_that_ignores_the_override_is_caught() -> None:
    with pytest.raises(BootNotSet) as caught:
        boot.set_override(deaf(FakeBmc(), "PATCH").wire(), "pxe", None, False)
    got = caught.value.fields["got"]
    assert isinstance(got, tuple)
    assert got[0] == "none"
    with pytest.raises(Unsupported):
        boot.set_override(FakeBmc().wire(), "tape", None, False)


# ---- power ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "kind"), [("on", "On"), ("off", "ForceOff"), ("reset", "ForceRestart"), ("nmi", "Nmi")]
)
def test_an_action_is_a_reset_type_that_the_system_allows(action: str, kind: str) -> None:
    bmc = FakeBmc()
    power.reset(bmc.wire(), action)
    assert bmc.bodies("POST") == [{"ResetType": kind}]
    reset = bmc.tree[SYSTEM]["Actions"]["#ComputerSystem.Reset"]
    reset["ResetType@Redfish.AllowableValues"] = ["PushPowerButton"]
    with pytest.raises(Unsupported) as caught:
        power.reset(bmc.wire(), action)
    assert "PushPowerButton" in caught.value.hint


def test_the_allowed_types_may_be_told_by_an_action_info() -> None:
    bmc = FakeBmc()
    reset = bmc.tree[SYSTEM]["Actions"]["#ComputerSystem.Reset"]
    del reset["ResetType@Redfish.AllowableValues"]
    reset["@Redfish.ActionInfo"] = "/info"
    bmc.tree["/info"] = {"Parameters": [{"Name": "ResetType", "AllowableValues": ["ForceOn"]}]}
    power.reset(bmc.wire(), "on")
    assert bmc.bodies("POST") == [{"ResetType": "ForceOn"}]


# ---- locator -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "chassis", "path", "lit"),
    [({"LocationIndicatorActive": False}, {}, SYSTEM, {"LocationIndicatorActive": True}),
     ({"IndicatorLED": "Off"}, {}, SYSTEM, {"IndicatorLED": "Blinking"}),
     ({"LocationIndicatorActive": None}, {"IndicatorLED": "Off"}, CHASSIS, {"IndicatorLED": "Blinking"})],
)  # fmt: skip
def test_the_locator_is_lit_where_there_is_one_and_put_out(
    system: dict[str, Any], chassis: dict[str, Any], path: str, lit: dict[str, Any]
) -> None:
    bmc = FakeBmc()
    del bmc.tree[SYSTEM]["LocationIndicatorActive"]
    bmc.tree[SYSTEM] |= system
    bmc.tree[CHASSIS] = chassis or {"Id": "box"}
    assert led.write(bmc.wire(), True) == (False, True)
    assert bmc.bodies("PATCH", path) == [lit]
    assert led.write(bmc.wire(), True) == (True, True)
    assert len(bmc.bodies("PATCH")) == 1
    assert led.write(bmc.wire(), False) == (True, False)


def test_a_locator_that_stays_dark_or_is_not_there_is_told() -> None:
    with pytest.raises(NotApplied, match="should be on, but reads off"):
        led.write(deaf(FakeBmc(), "PATCH").wire(), True)
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["LocationIndicatorActive"] = bmc.tree[CHASSIS]["LocationIndicatorActive"] = None
    with pytest.raises(Unsupported, match="no locator"):
        led.read(bmc.wire())


# ---- log -----------------------------------------------------------------------------------------------------------


def test_a_log_is_cleared_and_an_empty_one_left_alone() -> None:
    bmc = FakeBmc()
    assert logs.clear(bmc.wire()) == (2, 0)
    assert logs.clear(bmc.wire()) == (0, 0)
    assert len(bmc.bodies("POST")) == 1


def test_a_log_that_notes_its_own_clearing_is_cleared_and_one_that_keeps_its_entries_is_not() -> None:
    bmc = FakeBmc()
    entry = f"{LOG}/Entries/1"

    def notes(sent: Sent) -> Response | None:
        if sent.method == "POST":
            bmc._clear(LOG, {})
            bmc.tree[entry] = {"Created": "2024-01-01", "Message": "log cleared"}
            bmc.tree[f"{LOG}/Entries"] = {"Members": [{"@odata.id": entry}]}
            return reply(204)
        return None

    bmc.rules.append(notes)
    assert logs.clear(bmc.wire()) == (2, 1)
    with pytest.raises(NotApplied, match="still there"):
        logs.clear(deaf(FakeBmc(), "POST").wire())


def test_of_several_unknown_logs_none_is_cleared() -> None:
    bmc = FakeBmc()
    bmc.tree[f"{MANAGER}/LogServices/X"] = dict(bmc.tree[LOG], Id="Audit")
    bmc.tree[f"{MANAGER}/LogServices"]["Members"].append({"@odata.id": f"{MANAGER}/LogServices/X"})
    with pytest.raises(Unsupported, match="no event log") as caught:
        logs.clear(bmc.wire(Quirks(log="^nothing$")))
    assert "SEL, Audit" in caught.value.hint
    assert bmc.bodies("POST") == []


# ---- clock ---------------------------------------------------------------------------------------------------------


def test_a_clock_that_is_off_is_set_to_utc_with_its_offset_and_one_that_is_right_is_left() -> None:
    bmc = FakeBmc()
    bmc.tree[MANAGER] |= {"DateTime": "2020-01-01T06:00:00+06:00", "DateTimeLocalOffset": "+06:00"}
    before, after = clocks.write(bmc.wire())
    assert (before < -1e8, abs(after) <= 1) == (True, True)
    assert bmc.bodies("PATCH") == [{"DateTime": "2023-11-14T22:30:00+00:00", "DateTimeLocalOffset": "+00:00"}]
    clocks.write(bmc.wire())
    assert len(bmc.bodies("PATCH")) == 1


def test_a_clock_that_follows_another_master_is_caught_and_one_that_tells_nothing_said_so() -> None:
    bmc = deaf(FakeBmc(), "PATCH")
    bmc.tree[MANAGER]["DateTime"] = "2020-01-01T00:00:00Z"
    with pytest.raises(NotApplied, match="s off") as caught:
        clocks.write(bmc.wire())
    assert "NTP" in caught.value.hint
    bmc.tree[MANAGER]["DateTime"] = "noon"
    with pytest.raises(Unsupported, match="noon"):
        clocks.read(bmc.wire())
    del bmc.tree[MANAGER]["DateTime"]
    with pytest.raises(Unsupported, match="does not report"):
        clocks.read(bmc.wire())


# ---- the BMC itself ------------------------------------------------------------------------------------------------


def test_a_reset_of_the_bmc_is_waited_out() -> None:
    bmc = FakeBmc()
    took = manager.reset(bmc.wire())
    assert 100 <= took < 120
    assert bmc.bodies("POST") == [{"ResetType": "GracefulRestart"}]


def test_a_bmc_that_is_away_for_three_seconds_was_away() -> None:
    bmc = FakeBmc()
    bmc.restart = (5.5, 8.5)
    assert manager.reset(bmc.wire()) < 20


def test_while_the_bmc_starts_it_is_asked_without_credential_and_few_logins_are_spent() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(401) if s.path == SYSTEM and s.at > 1050 else None)
    with pytest.raises(Unreachable, match="does not serve again"):
        manager.reset(bmc.wire())
    after = [s for s in bmc.sent if s.at > 1050]
    assert sum("Authorization" in s.headers for s in after) == 3
    assert any("Authorization" not in s.headers for s in after)


def test_a_gateway_timeout_is_no_reason_to_reset_twice() -> None:
    bmc = FakeBmc()

    def gateway(sent: Sent) -> Response | None:
        if sent.method != "POST":
            return None
        bmc._restart(MANAGER, {})
        return error(504)

    bmc.rules.append(gateway)
    manager.reset(bmc.wire())
    assert len(bmc.bodies("POST")) == 1


def test_a_bmc_that_accepts_its_reset_and_goes_on_was_not_reset_unless_it_says_when() -> None:
    with pytest.raises(NotApplied, match="went on answering"):
        manager.reset(deaf(FakeBmc(), "POST").wire())
    bmc = deaf(FakeBmc(), "POST")
    bmc.tree[MANAGER]["LastResetTime"] = "a"
    bmc.rules.insert(0, lambda s: bmc.tree[MANAGER].update(LastResetTime="b") if s.method == "POST" else None)
    manager.reset(bmc.wire())


def test_a_refused_reset_of_the_bmc_is_told() -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("POST", f"{MANAGER}/Actions/Manager.Reset", 400))
    with pytest.raises(Unsupported):
        manager.reset(bmc.wire())
    del bmc.tree[MANAGER]["Actions"]
    with pytest.raises(Unsupported, match="cannot reset itself"):
        manager.reset(bmc.wire())


def test_a_machine_in_post_can_be_located_all_the_same() -> None:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Oem"] = {"Acme": {"PostState": "InPost"}}
    quirks = Quirks(wait_while={"Oem.Acme.PostState": "InPost"}, busy_lasts=300)
    led.write(bmc.wire(quirks), True)
    assert bmc.sent[-1].at < 1010
    with pytest.raises(Busy, match=r"Oem\.Acme\.PostState is InPost"):
        boot.set_override(bmc.wire(quirks), "pxe", None, False)
    assert bmc.bodies("PATCH", SYSTEM) == [{"LocationIndicatorActive": True}]
