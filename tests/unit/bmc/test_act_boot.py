"""The boot override: where a BMC takes it, by which of its words, and with a mode only where there is one."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc import Credential, connect, parse_endpoint
from metalctl.bmc.errors import BootNotSet, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act import boot
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import SYSTEM, FakeBmc, Sent, error, refuse, reply
from tests.unit.bmc.running_fleet import running, url

settings_object = pytest.mark.truth(
    "A11", "a boot override goes to the settings object where the system's own is refused"
)
words = pytest.mark.truth("A11", "the boot target is one that this BMC lists, in its own spelling")
modes = pytest.mark.truth("A11", "BootSourceOverrideMode is sent only where the system states it")
PENDING = f"{SYSTEM}/Pending"
ALLOWED = "BootSourceOverrideTarget@Redfish.AllowableValues"


def with_settings(bmc: FakeBmc) -> FakeBmc:
    """The system names a settings object, which holds a Boot of its own."""
    bmc.tree[SYSTEM]["@Redfish.Settings"] = {"SettingsObject": {"@odata.id": PENDING}}
    bmc.tree[PENDING] = {"Boot": dict(bmc.tree[SYSTEM]["Boot"])}
    return bmc


def allowing(*targets: str) -> FakeBmc:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"][ALLOWED] = list(targets)
    return bmc


def sent(bmc: FakeBmc) -> list[Any]:
    return [body["Boot"]["BootSourceOverrideTarget"] for body in bmc.bodies("PATCH")]


@settings_object
@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "Base.1.12.PropertyNotWritable"), (405, ""), (501, ""), (403, "Base.1.8.PropertyNotWritable")],
)
def test_an_override_that_the_system_refuses_goes_to_its_settings_object(status: int, message: str) -> None:
    bmc = with_settings(FakeBmc())
    bmc.rules.append(refuse("PATCH", SYSTEM, status, message))
    before, after = boot.set_override(bmc.wire(), "pxe", "uefi", False)
    assert (before.device, after.device, after.lasting) == ("none", "pxe", "Once")
    assert bmc.tree[PENDING]["Boot"]["BootSourceOverrideTarget"] == "Pxe"
    assert boot.current(bmc.wire()).device == "pxe"
    asked = len(bmc.bodies("PATCH"))
    boot.set_override(bmc.wire(), "pxe", "uefi", False)
    assert len(bmc.bodies("PATCH")) == asked, "it is pending already"


@settings_object
def test_an_override_that_the_system_takes_and_forgets_goes_to_its_settings_object() -> None:
    bmc = with_settings(FakeBmc())
    bmc.rules.append(lambda s: reply(204) if (s.method, s.path) == ("PATCH", SYSTEM) else None)
    assert boot.set_override(bmc.wire(), "disk", None, True)[1].device == "disk"
    assert bmc.tree[PENDING]["Boot"]["BootSourceOverrideTarget"] == "Hdd"


def test_a_settings_object_that_forgets_it_too_is_found_out() -> None:
    bmc = with_settings(FakeBmc())
    bmc.rules.append(lambda s: reply(204) if s.method == "PATCH" else None)
    with pytest.raises(BootNotSet):
        boot.set_override(bmc.wire(), "pxe", None, False)


def test_what_both_refuse_is_told_as_the_system_refused_it() -> None:
    bmc = with_settings(FakeBmc())
    bmc.rules += [refuse("PATCH", SYSTEM, 400, "Base.1.0.First"), refuse("PATCH", PENDING, 400, "Base.1.0.Second")]
    with pytest.raises(Unsupported, match="First"):
        boot.set_override(bmc.wire(), "pxe", None, False)


def test_a_system_that_takes_the_override_is_not_asked_in_a_second_place() -> None:
    bmc = with_settings(FakeBmc())
    boot.set_override(bmc.wire(), "pxe", None, False)
    assert [s.path for s in bmc.sent if s.method == "PATCH"] == [SYSTEM]


def test_a_simulated_bmc_whose_system_is_read_only_is_booted_over_tls() -> None:
    with (
        running(faults=("boot-in-settings=1",)) as fleet,
        connect(parse_endpoint(url(fleet)), Credential("admin", "password")) as bmc,
    ):
        bmc.set_boot("pxe", "uefi")
        assert bmc.boot() == "pxe"


@words
@pytest.mark.parametrize(
    ("device", "allowed", "target"),
    [("cd", ("None", "UsbCd", "Hdd"), "UsbCd"), ("cd", ("none", "CD/DVD"), "CD/DVD"), ("disk", ("HDD", "PXE"), "HDD"),
     ("pxe", ("HDD", "PXE"), "PXE"), ("http", ("None", "UEFI HTTP"), "UEFI HTTP"),
     ("setup", ("BIOS Setup",), "BIOS Setup"), ("usb", ("USB Key",), "USB Key"), ("cd", ("Usb", "CDROM"), "CDROM")],
)  # fmt: skip
def test_the_target_is_one_that_the_bmc_lists(device: str, allowed: tuple[str, ...], target: str) -> None:
    bmc = allowing(*allowed)

    def strict(one: Sent) -> Response | None:
        return (
            error(400, "Base.1.8.PropertyValueNotInList")
            if one.method == "PATCH" and sent(bmc)[-1] not in allowed
            else None
        )

    bmc.rules.append(strict)
    assert boot.set_override(bmc.wire(), device, None, False)[1].device == device
    assert sent(bmc) == [target]
    boot.set_override(bmc.wire(), device, None, False)
    assert len(sent(bmc)) == 1, "it is so already"


@words
def test_a_device_that_is_not_listed_is_refused_before_anything_is_written() -> None:
    bmc = allowing("None", "Hdd")
    with pytest.raises(Unsupported, match="it lists None, Hdd"):
        boot.set_override(bmc.wire(), "cd", None, False)
    assert sent(bmc) == []


def test_the_standard_s_word_comes_first_unless_a_quirk_says_so() -> None:
    bmc = allowing("None", "UsbCd", "Cd")
    boot.set_override(bmc.wire(), "cd", None, False)
    boot.set_override(bmc.wire(Quirks(boot_targets={"cd": ["UsbCd"]})), "cd", None, False)
    assert sent(bmc) == ["Cd", "UsbCd"], "they may be two drives"


@words
def test_the_values_may_be_listed_by_the_settings_object_or_as_before_the_annotation() -> None:
    bmc = with_settings(FakeBmc())
    bmc.tree[PENDING]["Boot"][ALLOWED] = ["None", "UsbCd"]
    boot.set_override(bmc.wire(), "cd", None, False)
    older = FakeBmc()
    older.tree[SYSTEM]["Boot"]["BootSourceOverrideSupported"] = ["None", "HDD"]
    boot.set_override(older.wire(), "disk", None, False)
    assert (sent(bmc), sent(older)) == (["UsbCd"], ["HDD"])


@modes
@pytest.mark.parametrize("quirks", [Quirks(), Quirks(boot_mode="always")], ids=["as changed", "always"])
@pytest.mark.parametrize("mode", ["uefi", "bios"])
def test_a_system_that_states_no_mode_is_sent_none(quirks: Quirks, mode: str) -> None:
    bmc = FakeBmc()
    del bmc.tree[SYSTEM]["Boot"]["BootSourceOverrideMode"]
    bmc.rules.append(
        lambda s: error(400, "Base.1.0.PropertyUnknown") if "BootSourceOverrideMode" in str(s.body) else None
    )
    after = boot.set_override(bmc.wire(quirks), "pxe", mode, False)[1]
    assert (after.device, after.mode) == ("pxe", "")


def test_a_mode_that_is_stated_and_cannot_be_written_is_left_out_and_what_is_read_decides() -> None:
    def refusing(one: Sent) -> Response | None:
        named = "BootSourceOverrideMode" in str(one.body)
        return error(400, "Base.1.0.PropertyNotWritable", "Boot/BootSourceOverrideMode") if named else None

    bmc = FakeBmc()
    bmc.rules.append(refusing)
    assert boot.set_override(bmc.wire(Quirks(boot_mode="always")), "pxe", "uefi", False)[1].mode == "uefi"
    with pytest.raises(BootNotSet):
        boot.set_override(bmc.wire(), "disk", "bios", False)


def test_the_mode_is_spelt_as_the_bmc_lists_it() -> None:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"]["BootSourceOverrideMode@Redfish.AllowableValues"] = ["Uefi", "LEGACY"]
    assert boot.set_override(bmc.wire(), "disk", "bios", False)[1].mode == "bios"
    assert bmc.bodies("PATCH")[0]["Boot"]["BootSourceOverrideMode"] == "LEGACY"


def test_a_bmc_that_reads_back_lasting_after_one_boot_was_asked_for_is_not_refused() -> None:
    """sushy-tools has such an emulator. A lasting one that stands is written again: it is not for once."""
    bmc = FakeBmc()

    def lasts(sent: Sent) -> Response | None:
        if (sent.method, sent.path) != ("PATCH", SYSTEM) or sent.body is None:
            return None
        bmc.tree[SYSTEM]["Boot"] |= {**sent.body["Boot"], "BootSourceOverrideEnabled": "Continuous"}
        return reply(204)

    bmc.rules.append(lasts)
    for _ in range(2):
        after = boot.set_override(bmc.wire(), "pxe", None, False)[1]
        assert (after.device, after.lasting) == ("pxe", "Continuous")
    assert sent(bmc) == ["Pxe", "Pxe"]
