"""The firmware list of a BMC: every part in it once, and what does not run never taken for what does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from metalctl.model.inventory import Inventory
from metalctl.model.verdict import Verdict
from tests.unit.bmc.stated import FIRMWARE, MANAGER, judged, machine, read, to

APART = "firmware records with equal names are told apart by their ids"
IMAGES = "a record of a previous, staged or backup image is shown as such and is never installed"


def listed(*rows: tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]) -> Inventory:
    """Rows of id, name, version and what else is said."""
    return read({f"{FIRMWARE}/{i}": {"Id": i, "Name": n, "Version": v, **dict(*more)} for i, n, v, *more in rows})


def shown(found: Inventory) -> set[tuple[str, str, str]]:
    """Component, version and state of what the update service lists; how one calls them is free."""
    return {(one.component, one.version, _state(one)) for one in found.firmware if one.component not in ("bios", "bmc")}


def _state(firmware: Any) -> str:
    return str(getattr(firmware, "state", ""))


@pytest.mark.truth("A4", APART)
def test_one_name_for_all_loses_none_although_one_of_them_is_the_bmcs() -> None:
    ids = ["FW_BMC_0", "FW_BMC_1", "FW_CPLD_0", "FW_GPU_3", "FW_GPU_4", "UEFI_0"]
    versions = ["4.10", "4.10", "0.3", "97.1", "97.1", "7.40"]
    found = listed(*((i, "Software Inventory", v) for i, v in zip(ids, versions, strict=True)))
    assert shown(found) == {(i, v, "") for i, v in zip(ids, versions, strict=True)}


@pytest.mark.truth("A4", APART)
def test_parts_of_one_name_and_version_are_as_many_as_are_listed() -> None:
    found = listed(*((str(n), "Draw 40", "94.2") for n in range(3, 7)), ("9", "Supply", "1.0"), ("8", "Clock", "2"))
    assert [(c, v) for c, v, _ in sorted(shown(found))] == [
        ("Clock", "2"), ("Draw 40 3", "94.2"), ("Draw 40 4", "94.2"), ("Draw 40 5", "94.2"), ("Draw 40 6", "94.2"),
        ("Supply", "1.0"),
    ]  # fmt: skip


@pytest.mark.truth("A4", APART)
def test_ids_that_look_like_versions_are_ids_and_an_address_stands_for_one() -> None:
    found = listed(*((n, "Draw 40", "1") for n in ("1", "11", "2")))
    assert [c for c, _, _ in sorted(shown(found))] == ["Draw 40 1", "Draw 40 11", "Draw 40 2"]
    nameless = {f"{FIRMWARE}/{n}": {"Id": None, "Name": "Draw 40", "Version": "94.2"} for n in ("g0", "g1")}
    assert {c for c, _, _ in shown(read(nameless))} == {"Draw 40 g0", "Draw 40 g1"}


@pytest.mark.truth("A4", APART)
def test_a_component_keeps_its_name_when_its_version_changes() -> None:
    other = ("Installed-31-1__NIC.8-1", "Port card", "1")
    every = [shown(listed((f"Installed-31-{v}__NIC.7-1", "Port card", v), other)) for v in ("22.1", "22.4")]
    names = [{component for component, _, _ in each} for each in every]
    assert names[0] == names[1]
    assert len(names[0]) == 2


@pytest.mark.truth("A4", IMAGES)
@pytest.mark.parametrize(
    ("one", "name", "said", "state"),
    [("Previous-41-6.9__CTRL.1", "Array 9", {}, "previous"), ("BIOS_Rollback", "Firmware", {}, "previous"),
     ("7", "Array 9 (roll back)", {}, "previous"), ("Available-41-6.9__CTRL.1", "Array 9", {}, "staged"),
     ("StagedArray", "Array 9", {}, "staged"), ("Array-Pending", "Array 9", {}, "staged"),
     ("Array_Staging", "Array 9", {}, "staged"), ("Backup_Array", "Array 9", {}, "backup"),
     ("AvailableArray", "AvailableArray", {}, "staged"), ("7", "Redundant System ROM", {}, "backup"),
     ("7", "System ROM 2", {"Description": "SystemRomBackup"}, "backup"), ("Golden_Array", "Array 9", {}, "backup"),
     ("7", "Array 9", {"Status": {"State": "StandbySpare"}}, "backup"),
     ("7", "Array 9", {"Status": {"State": "standby offline"}}, "backup"),
     ("7", "Array 9", {"Status": {"State": "Disabled"}}, "inactive"), ("Inactive_Array", "Array 9", {}, "inactive"),
     # What is only called so, and runs.
     ("7", "Battery Backup Unit", {}, ""), ("7", "Redundant Power Supply Firmware", {}, ""),
     ("Installed-41-6.9__CTRL.1", "Array 9", {}, ""), ("Array-Primary", "Array 9", {}, ""),
     ("ActiveArray", "Array 9", {"Status": {"State": "Enabled"}}, ""), ("7", "Standby Regulator", {}, "")],
)  # fmt: skip
def test_what_image_a_record_is(one: str, name: str, said: dict[str, Any], state: str) -> None:
    assert [(v, s) for _, v, s in shown(listed((one, name, "6.9", said)))] == [("6.9", state)]


@pytest.mark.truth("A4", IMAGES)
def test_of_the_images_of_one_part_only_the_installed_is_judged() -> None:
    found = listed(("Previous-41-6.9__CTRL.1", "Array 9", "6.9"), ("Installed-41-7.2__CTRL.1", "Array 9", "7.2"),
                   ("Available-41-8.0__CTRL.1", "Array 9", "8.0"))  # fmt: skip
    assert shown(found) == {("Array 9", "6.9", "previous"), ("Array 9", "7.2", ""), ("Array 9", "8.0", "staged")}
    for bound, verdict in ((">= 7.0", Verdict.PASS), (">= 7.5", Verdict.FAIL), ("<= 6.9", Verdict.FAIL)):
        assert _judged(found, bound) == [verdict], bound


@pytest.mark.truth("A4", IMAGES)
@pytest.mark.parametrize(
    ("id_", "name", "state"),
    [
        ("b7", "CPLD fallback image", "backup"),
        ("LastKnownGood-CPLD", "CPLD", "previous"),
        ("DownloadedCpld", "CPLD", "staged"),
        ("c2", "CPLD for next boot", "staged"),
        ("c3", "CPLD", ""),
    ],
)
def test_more_words_for_an_image_that_does_not_run(id_: str, name: str, state: str) -> None:
    assert {state for _, _, state in shown(listed((id_, name, "5.1")))} == {state}


@pytest.mark.truth("A4", IMAGES)
@pytest.mark.parametrize(
    ("one", "name", "said", "state"),
    [("Factory_Array", "Array 9", {}, "backup"), ("7", "Array 9 factory image", {}, "backup"),
     ("Array_Secondary", "Array 9", {}, "backup"), ("7", "Secondary BMC", {}, "backup"),
     ("redundant-cpld", "CPLD", {}, "backup"), ("7", "Array 9 mirror", {}, "backup"),
     ("7", "Array 9", {"Status": {"State": "UnavailableOffline"}}, "inactive"),
     ("7", "Array 9", {"Status": {"State": "Deferring"}}, "staged"),
     ("7", "Array 9", {"Oem": {"Acme": {"ImageStatus": "AvailableForInstallation"}}}, "staged"),
     ("7", "Array 9", {"Oem": {"Acme": {"Slots": {"Role": "Alternate"}}}}, "backup"),
     ("7", "Array 9", {"Oem": {"Acme": {"Active": False}}}, "inactive"),
     ("7", "Array 9", {"@Redfish.Image": {"State": "Rollback"}}, "previous"),
     # What runs all the same.
     ("7", "Secondary NIC", {}, ""), ("7", "Redundant PSU", {}, ""),
     ("7", "Array 9", {"Oem": {"Acme": {"Status": "Installed", "Active": True}}}, ""),
     ("7", "Array 9", {"Oem": {"Acme": {"Vendor": "Standby", "Updateable": False}}}, ""),
     ("7", "Array 9", {"Status": {"State": "Enabled"}, "Oem": ["what"]}, "")],
)  # fmt: skip
def test_what_else_tells_which_image_it_is(one: str, name: str, said: dict[str, Any], state: str) -> None:
    assert [(v, s) for _, v, s in shown(listed((one, name, "6.9", said)))] == [("6.9", state)]


@pytest.mark.truth("A4", IMAGES)
def test_an_image_beside_the_active_one_of_the_manager_does_not_run() -> None:
    active, other = f"{FIRMWARE}/a", f"{FIRMWARE}/b"
    links = {"ActiveSoftwareImage": to(active), "SoftwareImages": [to(active), to(f"{other}/")]}
    rows = {path: {"Name": f"Code {path[-1]}", "Version": v} for path, v in ((active, "4.9"), (other, "5.2"))}
    found = read({MANAGER: machine()[MANAGER] | {"Links": machine()[MANAGER]["Links"] | links}, **rows})
    assert {(v, s) for _, v, s in shown(found)} == {("4.9", ""), ("5.2", "inactive")}


@pytest.mark.truth("A8", "a version that nobody filled in is none")
@pytest.mark.parametrize("version", ["undefined", "Not Available", "N/A", "To be filled by O.E.M."])
def test_a_record_without_a_version_is_no_firmware(version: str) -> None:
    assert shown(listed(("7", "Array 9", version))) == set()


@pytest.mark.truth("A4", IMAGES)
@pytest.mark.parametrize("one", ["Backup_Array", "Previous-41-9.1__CTRL.1", "Array-Pending"])
def test_an_image_alone_satisfies_no_baseline(one: str) -> None:
    assert _judged(listed((one, "Array 9", "9.1")), ">= 7.0") == [Verdict.UNKNOWN]


@pytest.mark.truth("A4", IMAGES)
def test_the_copy_of_what_is_installed_is_no_other_firmware() -> None:
    found = listed(("Current-41-7.2__CTRL.1", "Array 9", "7.2"), ("Installed-41-7.2__CTRL.1", "Array 9", "7.2"),
                   ("Current-52-3.1__CPLD.1", "Logic", "3.1"), ("Installed-9-2.0__FAN.1", "Fans", "2.0"),
                   ("Current-9-2.2__FAN.1", "Fans", "2.2"))  # fmt: skip
    assert shown(found) == {
        ("Array 9", "7.2", ""), ("Logic", "3.1", ""), ("Fans", "2.0", ""), ("Fans", "2.2", "staged"),
    }  # fmt: skip


@pytest.mark.truth("A4", IMAGES)
def test_the_copy_of_what_is_installed_is_none_that_waits_whatever_its_maker_calls_it() -> None:
    waits = {"Oem": {"Maker": {"Inventory": {"Status": "AvailableForInstallation"}}}}
    found = listed(
        ("Current-41-7.2__CTRL.1", "Array 9", "7.2", waits),
        ("Installed-41-7.2__CTRL.1", "Array 9", "7.2"),
        ("Current-9-2.2__FAN.1", "Fans", "2.2", waits),
        ("Installed-9-2.0__FAN.1", "Fans", "2.0"),
    )
    assert shown(found) == {("Array 9", "7.2", ""), ("Fans", "2.0", ""), ("Fans", "2.2", "staged")}


@pytest.mark.truth("A4", IMAGES)
def test_of_two_bioses_the_one_that_does_not_run_is_not_installed() -> None:
    found = listed(("1", "BIOS", "7.40"), ("2", "BIOS", "7.10"))
    assert sorted((v, s) for _, v, s in shown(found)) == [("7.10", "inactive"), ("7.40", "")]


def _judged(found: Inventory, bound: str) -> Iterable[Verdict]:
    findings = judged(found, firmware={"Array 9": {"any": bound}})
    return [one.verdict for one in findings.values()]
