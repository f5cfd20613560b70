"""Each shipped quirk changes what is done: with its file the BMC that it is about is served, without it not.

A case is the facts that such a BMC states, and a deed (quirk_deeds.py) against a fake BMC that misbehaves as the source
tells.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import quirks
from metalctl.bmc.credentials import lockout
from metalctl.bmc.quirks import Quirks
from tests.unit.bmc.quirk_deeds import (
    boots_by_future_state,
    cd_target,
    cleared,
    first_if_match,
    if_match_without_offer,
    is_emulated,
    mode_sent,
    not_ready,
    once_asked_as,
    read_with_401s,
    serial_property,
    write_after_off,
    write_during_post,
    writes_of_once_on_lasting,
)
from tests.unit.bmc.quirk_deeds_of_lists import devices, disks_behind
from tests.unit.bmc.quirk_deeds_of_parts import (
    account_made,
    apply_time_sent,
    believes_one_read,
    bios_reads_late,
    bios_written_to,
    cleared_log,
    clears_with_type,
    ejected_with_image,
    idle_led_shows,
    led_lit,
    longest_password,
    owner_of_media,
    patience_with_a_task,
    reads_a_minute,
    reboots_after_bios,
    requests_to_insert,
    requests_to_write_bios,
    reset_type,
    restarts,
    seconds_off,
    slot_taken,
)
from tests.unit.bmc.quirk_facts import AMI, DELL, HPE, LENOVO, OPENBMC, PYGHMI, SMC, dell

Case = tuple[dict[str, Any], Callable[[Quirks], Any], Any]
CASES: dict[str, Case] = {
    "pyghmi-server": (PYGHMI, is_emulated, True),
    "sushy-emulator": ({"root": {"Id": "RedvirtService"}}, lambda q: (q.emulated, "cpu" in q.distrust), (True, True)),
    "virtual-system": ({"system": {"SystemType": "Virtual"}}, is_emulated, True),
    "service-tag-in-sku": (DELL, serial_property, "SKU"),
    "ami-boot-future-state": (AMI, boots_by_future_state, "pxe"),
    "ami-bios-future-state": (AMI, bios_written_to, True),
    "ami-if-match": (AMI, if_match_without_offer, 204),
    "ami-clear-log-type": (AMI, clears_with_type, 2),
    "gigabyte-bare-etag": (
        {"root": {"RedfishVersion": "1.9"}, "system": {"Manufacturer": "GIGABYTE"}}, first_if_match, False,
    ),
    "supermicro-media-bare": (SMC, requests_to_insert("Inserted", "WriteProtected"), (True, 1)),
    "supermicro-image-stays": (SMC, ejected_with_image, False),
    "supermicro-boot-mode-always": (SMC, mode_sent, "uefi"),
    "supermicro-cd-is-usb": (SMC, cd_target, "UsbCd"),
    "supermicro-no-apply-time": (SMC, requests_to_write_bios, 1),
    "supermicro-slow-polls": (SMC, reads_a_minute, True),
    "hpe-no-writes-during-post": (HPE, write_during_post, 204),
    "hpe-boot-cleared-target": (HPE, cleared, "none"),
    "hpe-bios-always-reboots": (HPE, reboots_after_bios, True),
    "hpe-spurious-401": (HPE, read_with_401s, "Box"),
    "hpe-log-is-iml": (HPE, cleared_log("IEL", "IML", "SL"), (1, ["IEL", "SL"])),
    "hpe-smart-storage": (
        {"system": {"Oem": {"Hpe": {"Links": {"SmartStorage": {"@odata.id": "/x"}}}}}}, disks_behind(),
        [(f"D-{n}", 1831420 * 2**20, "hdd", "X7", f"1I:1:{n}", "0") for n in (4, 5)],
    ),
    "hpe-devices-of-chassis": ({"system": {"Oem": {"Hpe": {}}}}, devices, [("G100", "G-1", "PCI-E Slot 3")]),
    "hpe-not-ready": (HPE, not_ready("iLO.2.14.InvalidOperationForSystemState"), 204),
    "idrac10-busy-after-off": (dell("17G Monolithic"), lambda q: (write_after_off(q), seconds_off(q)), (204, True)),
    "idrac10-media-slot": (dell("17G Monolithic"), slot_taken("2", "1"), "1"),
    "idrac9-once-ignored": (dell("15G Monolithic"), once_asked_as, "Continuous"),
    "dell-bios-late": (DELL, bios_reads_late, "Off"),
    "dell-apply-time": (DELL, apply_time_sent, True),
    "dell-account-slots": (DELL, account_made, "long-enough"),
    "dell-media-of-manager": (dell("14G Monolithic", "3.32.32.32"), owner_of_media, "A"),
    "dell-slow-power-read": (DELL, reads_a_minute, True),
    "dell-lit-is-idle": (DELL, idle_led_shows, False),
    "dell-jobs-take-long": (DELL, patience_with_a_task, "done"),
    "dell-not-ready": (DELL, not_ready("IDRAC.2.8.SYS518"), 204),
    "lenovo-media-slots": (LENOVO, slot_taken("RDOC1", "Remote1", "EXT1"), "EXT1"),
    "lenovo-if-match": (LENOVO, if_match_without_offer, 204),
    "huawei-if-match": ({"system": {"Manufacturer": "Huawei"}}, if_match_without_offer, 204),
    "openbmc-password-20": (OPENBMC, longest_password, 20),
    "openbmc-event-log": (OPENBMC, cleared_log("Journal", "EventLog", "Dump"), (1, ["Journal", "Dump"])),
    "openbmc-media-type": (OPENBMC, requests_to_insert(wanted="MediaType"), (True, 1)),
    "openbmc-slow-restart": (OPENBMC, restarts, True),
    "openbmc-led-of-chassis": (OPENBMC, led_lit, True),
    "ibm-graceful-reset": ({"system": {"Manufacturer": "IBM"}, "manager": {"Model": "OpenBmc"}}, reset_type, None),
    "kubevirtbmc-once-lasts": ({"root": {"Name": "KubeVirtBMC"}}, writes_of_once_on_lasting, 0),
    "cray-power-falls-back": ({"system": {"Manufacturer": "Cray Inc."}}, believes_one_read, "PowerNotReached"),
    "nvidia-spurious-401": ({"system": {"Manufacturer": "NVIDIA"}}, read_with_401s, "Box"),
}  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the catalogue that is used instead of the shipped one."""
    for file in quirks.SHIPPED.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(quirks, "SHIPPED", tmp_path)
    yield tmp_path
    quirks.forget()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    lockout.forget()


def test_every_shipped_quirk_has_a_case() -> None:
    assert set(CASES) == set(quirks.catalogue())


@pytest.mark.parametrize("name", CASES)
def test_a_bmc_is_served_with_its_quirk_and_not_without_the_file(name: str, copy: Path) -> None:
    facts, deed, good = CASES[name]
    assert name in quirks.quirks_of(**facts).names
    assert deed(quirks.quirks_of(**facts)) == good
    (copy / f"{name}.yaml").unlink()
    quirks.forget()
    assert name not in quirks.quirks_of(**facts).names
    assert deed(quirks.quirks_of(**facts)) != good, "the quirk changes nothing"


def test_a_bmc_without_oddities_has_no_quirk() -> None:
    facts = {"root": {"Vendor": "Acme"}, "system": {"Manufacturer": "Acme"}, "manager": {"Model": "MC"}}
    assert quirks.quirks_of(**facts).names == ()
