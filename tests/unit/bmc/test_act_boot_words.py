"""A boot override in words of its own, of a BMC that lists what it allows: the device, how long, the mode."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.errors import BootNotSet, Unsupported
from metalctl.bmc.redfish.act import boot
from tests.unit.bmc.fake_bmc import SYSTEM, FakeBmc, error, refuse

devices = pytest.mark.truth("A11", "a boot target in no table is known by the words in it")
values = pytest.mark.truth("A11", "how long an override lasts is a value that this BMC lists, as is no override at all")
modes = pytest.mark.truth("A11", "a boot mode that is null, with no values listed, is none that is stated")
ENABLED, MODE, TARGET = (f"BootSourceOverride{name}" for name in ("Enabled", "Mode", "Target"))


def listing(name: str, *allowed: str, **stated: Any) -> FakeBmc:
    """It lists these values, states those, and refuses every other."""
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"] |= {f"{name}@Redfish.AllowableValues": list(allowed), **stated}
    bmc.rules.append(
        lambda s: (
            error(400, "Base.1.8.PropertyValueNotInList", name)
            if s.method == "PATCH" and s.body["Boot"].get(name, allowed[0]) not in allowed
            else None
        )
    )
    return bmc


def sent(bmc: FakeBmc) -> dict[str, Any]:
    (only,) = bmc.bodies("PATCH")
    return dict(only["Boot"])


@devices
@pytest.mark.parametrize(
    ("device", "word"),
    [("cd", "DVD/CD"), ("cd", "UEFI CD/DVD"), ("cd", "USB CD-ROM"), ("cd", "Optical Drive"), ("cd", "VirtualMediaCd"),
     ("disk", "First Hard Disk"), ("disk", "UefiHdd"), ("disk", "Local Hard Drive"), ("pxe", "Network Boot"),
     ("pxe", "UefiNetwork"), ("usb", "USB Flash Drive"), ("setup", "BIOS Setup Utility"), ("http", "Boot over HTTP")],
)  # fmt: skip
def test_a_target_is_known_by_its_words(device: str, word: str) -> None:
    bmc = listing(TARGET, "None", "Remote Drive", "Diags", word)
    assert boot.set_override(bmc.wire(), device, None, False)[1].device == device
    assert sent(bmc)[TARGET] == word
    assert boot.current(bmc.wire()).device == device


@pytest.mark.parametrize(
    ("device", "word"),
    [("disk", "RemoteDrive"), ("disk", "UsbHdd"), ("pxe", "iSCSI Network"), ("cd", "SDCard"), ("disk", "UEFI USB HDD"),
     ("setup", "UefiShell"), ("pxe", "NetworkHttp")],
)  # fmt: skip
def test_a_target_is_not_taken_for_another_device(device: str, word: str) -> None:
    with pytest.raises(Unsupported, match=f"boots from no {device}"):
        boot.set_override(listing(TARGET, "None", word).wire(), device, None, False)


@values
def test_a_bmc_that_lists_no_single_boot_is_asked_for_a_lasting_one() -> None:
    bmc = listing(ENABLED, "Disabled", "Continuous")
    assert boot.set_override(bmc.wire(), "pxe", None, False)[1].lasting == "Continuous"
    boot.set_override(bmc.wire(), "pxe", None, False)
    assert sent(bmc)[ENABLED] == "Continuous", "it was sent once: it stands"


@values
def test_a_bmc_that_lists_no_lasting_boot_is_not_asked_for_one() -> None:
    bmc = listing(ENABLED, "Disabled", "Once")
    with pytest.raises(Unsupported, match="no override beyond one boot"):
        boot.set_override(bmc.wire(), "pxe", None, True)
    assert bmc.bodies("PATCH") == []


@values
def test_an_override_is_taken_away_without_a_target_where_none_is_listed() -> None:
    bmc = listing(TARGET, "Pxe", "Hdd", **{ENABLED: "Once", TARGET: "Pxe"})
    assert boot.set_override(bmc.wire(), "none", None, False)[1].device == "none"
    assert sent(bmc) == {ENABLED: "Disabled"}


@modes
def test_a_mode_that_is_null_is_not_sent_and_need_not_be_read() -> None:
    bmc = listing(TARGET, "None", "Pxe", **{MODE: None})
    assert boot.set_override(bmc.wire(), "pxe", "uefi", False)[1].mode == ""
    assert MODE not in sent(bmc)


@modes
def test_a_mode_that_is_null_and_listed_is_sent() -> None:
    bmc = listing(MODE, "Legacy", "UEFI", **{MODE: None})
    assert boot.set_override(bmc.wire(), "pxe", "uefi", False)[1].mode == "uefi"
    assert sent(bmc)[MODE] == "UEFI"


def test_a_mode_that_turns_out_to_be_the_other_one_is_found_out() -> None:
    bmc = listing(TARGET, "None", "Pxe", **{MODE: None})

    def turns(one: Any) -> None:
        if one.method == "PATCH":
            bmc.tree[SYSTEM]["Boot"][MODE] = "Legacy"

    bmc.rules.append(turns)
    with pytest.raises(BootNotSet, match="reads pxe bios"):
        boot.set_override(bmc.wire(), "pxe", "uefi", False)


@pytest.mark.truth("A11", "a settings object that holds only what is to change has the mode of its system")
def test_a_settings_object_without_a_mode_has_the_one_of_its_system() -> None:
    bmc = FakeBmc()
    pending = f"{SYSTEM}/Pending"
    bmc.tree[SYSTEM]["@Redfish.Settings"] = {"SettingsObject": {"@odata.id": pending}}
    bmc.tree[pending] = {}
    bmc.rules.append(refuse("PATCH", SYSTEM, 405))
    assert boot.set_override(bmc.wire(), "pxe", "uefi", False)[1].mode == "uefi"
