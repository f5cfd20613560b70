"""Each shipped quirk changes what is done: with its file the BMC that it is about is served, without it not.

A case is the facts that such a BMC states, and a deed against a fake BMC that misbehaves as the source tells.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from metalctl.bmc import lockout, quirks
from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError
from metalctl.bmc.power import Switch, set_power
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act import bios, boot, led, logs, manager, media, power, tasks
from metalctl.bmc.redfish.act.link import Reply
from metalctl.bmc.redfish.act.users import RedfishUsers
from metalctl.bmc.redfish.acting import Acting
from tests.unit.bmc.fake_bmc import BIOS, LOG, MANAGER, SYSTEM, USERS, FakeBmc, Sent, error, refuse
from tests.unit.bmc.fake_tree import CHASSIS, MEDIA, log, slot

AMI = {"root": {"Oem": {"Ami": {}}}}
SMC = {"system": {"Manufacturer": "Supermicro", "Model": "SYS-121H"}}
HPE = {"root": {"Vendor": "HPE", "Oem": {"Hpe": {}}}}
DELL = {"system": {"Manufacturer": "Dell Inc.", "Model": "PowerEdge R750"}}
LENOVO = {"system": {"Manufacturer": "Lenovo"}}
OPENBMC = {"manager": {"Model": "OpenBmc"}}


def dell(model: str, firmware: str = "7.0") -> dict[str, Any]:
    return DELL | {"manager": {"Model": model, "FirmwareVersion": firmware}}


def tried(deed: Callable[[], Any]) -> Any:
    """What came of it, or the kind of the error."""
    try:
        return deed()
    except BmcError as failure:
        return type(failure).__name__


# ---- reading -------------------------------------------------------------------------------------------------------


def is_emulated(q: Quirks) -> Any:
    return q.emulated


def serial_property(q: Quirks) -> Any:
    return q.serial_from


# ---- the boot override ---------------------------------------------------------------------------------------------


def boots_by_future_state(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[f"{SYSTEM}/SD"] = {"Boot": dict(bmc.tree[SYSTEM]["Boot"])}
    bmc.rules.append(refuse("PATCH", SYSTEM, 400, "Ami.1.0.OperationSupportedInFutureStateURI"))
    return tried(lambda: boot.set_override(bmc.wire(q), "pxe", None, False)[1].device)


def mode_sent(q: Quirks) -> Any:
    """The mode reverts to the default when it is not sent."""
    bmc = FakeBmc()

    def reverts(sent: Sent) -> Reply | None:
        if sent.method == "PATCH" and "BootSourceOverrideMode" not in sent.body["Boot"]:
            bmc.tree[SYSTEM]["Boot"]["BootSourceOverrideMode"] = "Legacy"
        return None

    bmc.rules.append(reverts)
    return tried(lambda: boot.set_override(bmc.wire(q), "pxe", "uefi", False)[1].mode)


def mode_left_out(q: Quirks) -> Any:
    bmc = FakeBmc()
    del bmc.tree[SYSTEM]["Boot"]["BootSourceOverrideMode"]
    bmc.rules.append(
        lambda s: error(400) if s.method == "PATCH" and "BootSourceOverrideMode" in s.body["Boot"] else None
    )
    return tried(lambda: boot.set_override(bmc.wire(q), "pxe", None, False)[1].device)


def once_asked_as(q: Quirks) -> Any:
    bmc = FakeBmc()
    boot.set_override(bmc.wire(q), "pxe", None, False)
    return bmc.bodies("PATCH")[0]["Boot"]["BootSourceOverrideEnabled"]


def cleared(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"] |= {"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Pxe"}
    bmc.rules.append(
        lambda s: error(400) if s.method == "PATCH" and s.body["Boot"]["BootSourceOverrideTarget"] == "None" else None
    )
    return tried(lambda: boot.set_override(bmc.wire(q), "none", None, False)[1].device)


def writes_of_once_on_lasting(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["Boot"] |= {"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Pxe"}
    boot.set_override(bmc.wire(q), "pxe", None, False)
    return len(bmc.bodies("PATCH"))


# ---- writing -------------------------------------------------------------------------------------------------------


def if_match_without_offer(q: Quirks) -> Any:
    """The BMC offers no ETag, and wants If-Match all the same."""
    bmc = FakeBmc()
    bmc.tag = lambda path: ""  # type: ignore[method-assign]
    bmc.rules.append(
        lambda s: (
            error(428, "Ami.1.0.PreconditionHeaderMissing")
            if s.method == "PATCH" and not s.headers.get("If-Match")
            else None
        )
    )
    return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)


def first_if_match(q: Quirks) -> Any:
    bmc = FakeBmc()
    tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}))
    return next(s for s in bmc.sent if s.method == "PATCH").headers["If-Match"].startswith("W/")


def write_after_off(q: Quirks) -> Any:
    """409 for a minute after power off."""
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(409) if s.method == "PATCH" and s.at < 1060 else None)
    return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)


def write_during_post(q: Quirks) -> Any:
    """POST lasts for 100 seconds, and the refusal is final."""
    bmc = FakeBmc()

    def posting(sent: Sent) -> Reply | None:
        bmc.tree[SYSTEM]["Oem"] = {"Hpe": {"PostState": "InPost" if sent.at < 1100 else "FinishedPost"}}
        return error(400, "iLO.2.14.Unsupported") if sent.method == "PATCH" and sent.at < 1100 else None

    bmc.rules.append(posting)
    return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)


def not_ready(message: str) -> Callable[[Quirks], Any]:
    def deed(q: Quirks) -> Any:
        bmc = FakeBmc()
        bmc.rules.append(refuse("PATCH", SYSTEM, 400, message, times=2))
        return tried(lambda: bmc.wire(q).patch(SYSTEM, {"AssetTag": "x"}).status)

    return deed


def read_with_401s(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.rules.append(refuse("GET", SYSTEM, 401, times=2))
    return tried(lambda: bmc.wire(q).system()["Model"])


# ---- power ---------------------------------------------------------------------------------------------------------


class Machine(Acting):
    """The acting half of a Redfish BMC, at the fake."""

    def __init__(self, bmc: FakeBmc, q: Quirks) -> None:
        self.bmc, self._known, self.clock = bmc, q, bmc.clock
        self.endpoint = Endpoint("192.0.2.1")
        self.audit = lambda act: None

    def power(self) -> str:
        return str(self.bmc.wire(Quirks()).system()["PowerState"]).lower()

    def _wire(self) -> Any:
        return self.bmc.wire(self._known)


def reads_a_minute(q: Quirks) -> Any:
    """How often a power state that takes a minute to come is read."""
    bmc = FakeBmc()
    bmc.rules.append(lambda s: Reply(204) if s.method == "POST" else None)
    with contextlib.suppress(BmcError):
        Machine(bmc, q).set_power("off", timeout=60)
    return sum(s.method == "GET" for s in bmc.sent) < 20


def seconds_off(q: Quirks) -> Any:
    bmc = FakeBmc()
    Machine(bmc, q).set_power("cycle", timeout=60)
    off, on = (s.at for s in bmc.sent if s.method == "POST")
    return on - off >= 10


def believes_one_read(q: Quirks) -> Any:
    """After power on it reads on twice, and falls back to off."""
    bmc = FakeBmc()
    bmc.tree[SYSTEM]["PowerState"] = "Off"
    reads = iter(["off", "on", "on", *["off"] * 100])
    read = lambda: next(reads)  # noqa: E731
    switch = Switch("bmc", read, lambda action: None, 1.0, q.power_reads, 0.0, bmc.clock)
    return tried(lambda: set_power(switch, "on", 20))


def reset_type(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(400) if s.body == {"ResetType": "ForceRestart"} else None)
    return tried(lambda: power.reset(bmc.wire(q), "reset"))


# ---- virtual media -------------------------------------------------------------------------------------------------


def requests_to_insert(*unwanted: str, wanted: str = "") -> Callable[[Quirks], Any]:
    """How many InsertMedia it takes, where some properties are rejected or one is wanted."""

    def deed(q: Quirks) -> Any:
        bmc = FakeBmc()

        def rejects(sent: Sent) -> Reply | None:
            if not sent.path.endswith("InsertMedia"):
                return None
            wrong = [name for name in unwanted if name in sent.body]
            missing = wanted and wanted not in sent.body
            return error(400, "Base.1.4.PropertyUnknown", *wrong) if wrong or missing else None

        bmc.rules.append(rejects)
        answer = tried(lambda: media.insert(bmc.wire(q), "http://x/a.iso", "cd")[1].inserted)
        return answer, sum(s.path.endswith("InsertMedia") for s in bmc.sent)

    return deed


def ejected_with_image(q: Quirks) -> Any:
    """What is ejected keeps its Image, and has no Inserted."""
    bmc = FakeBmc()
    bmc.tree[MEDIA]["Members"] = [{"@odata.id": f"{MEDIA}/A"}]
    bmc.tree[f"{MEDIA}/A"] |= {"Image": "http://x/old.iso", "Inserted": None}
    return media.slots(bmc.wire(q))[0].inserted


def slot_taken(*names: str) -> Callable[[Quirks], Any]:
    def deed(q: Quirks) -> Any:
        bmc = FakeBmc()
        bmc.tree[MEDIA] = {"Members": [{"@odata.id": f"{MEDIA}/{name}"} for name in names]}
        bmc.tree |= {f"{MEDIA}/{name}": slot(name) for name in names}
        return media.insert(bmc.wire(q), "http://x/a.iso", "cd")[1].name

    return deed


def owner_of_media(q: Quirks) -> Any:
    bmc = FakeBmc()
    of_system = f"{SYSTEM}/VirtualMedia"
    bmc.tree[SYSTEM]["VirtualMedia"] = {"@odata.id": of_system}
    bmc.tree |= {of_system: {"Members": [{"@odata.id": f"{of_system}/S"}]}, f"{of_system}/S": slot("S", of_system)}
    return media.slots(bmc.wire(q))[0].name


# ---- BIOS ----------------------------------------------------------------------------------------------------------


def bios_written_to(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[BIOS]["@Redfish.Settings"] = {}
    bmc.rules.append(refuse("PATCH", BIOS, 400))
    return tried(lambda: bool(bios.write(bmc.wire(q), {"Vt": "On"}).differing))


def apply_time_sent(q: Quirks) -> Any:
    """The BMC states nothing about apply times; without the property the settings stay pending."""
    bmc = FakeBmc()
    del bmc.tree[BIOS]["@Redfish.Settings"]["SupportedApplyTimes"]
    bios.write(bmc.wire(q), {"Vt": "On"})
    return bios.APPLY in bmc.bodies("PATCH")[0]


def requests_to_write_bios(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.rules.append(
        lambda s: (
            error(400, "Base.1.10.PropertyUnknown", bios.APPLY)
            if s.method == "PATCH" and bios.APPLY in s.body
            else None
        )
    )
    bios.write(bmc.wire(q), {"Vt": "On"})
    return len(bmc.bodies("PATCH"))


def bios_reads_late(q: Quirks) -> Any:
    bmc = FakeBmc()
    empty = Reply(200, {}, {"Attributes": {}, "Id": "Bios"})
    bmc.rules.append(lambda s: empty if s.path == BIOS and s.at < 1030 else None)
    return tried(lambda: bios.read(bmc.wire(q))["Vt"])


def reboots_after_bios(q: Quirks) -> Any:
    """The value reads as wanted at once, and holds only after a reboot."""
    bmc = FakeBmc()

    def at_once(sent: Sent) -> Reply | None:
        if sent.method == "PATCH":
            bmc.tree[BIOS]["Attributes"] |= sent.body["Attributes"]
        return None

    bmc.rules.append(at_once)
    return bool(bios.write(bmc.wire(q), {"Vt": "On"}).differing)


def patience_with_a_task(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree["/task"] = {"TaskState": "Running"}
    bmc.rules.append(lambda s: Reply(200, {}, {"TaskState": "Completed"}) if s.at > 2500 else None)
    return tried(lambda: tasks.follow(bmc.wire(q), "/task"))


# ---- LED, log, the BMC itself --------------------------------------------------------------------------------------


def idle_led_shows(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree[SYSTEM] |= {"LocationIndicatorActive": None, "IndicatorLED": "Lit"}
    del bmc.tree[CHASSIS]["LocationIndicatorActive"]
    return led.read(bmc.wire(q))


def led_lit(q: Quirks) -> Any:
    """The system accepts it and stays dark."""
    bmc = FakeBmc()
    bmc.rules.append(lambda s: Reply(204) if (s.method, s.path) == ("PATCH", SYSTEM) else None)
    return tried(lambda: led.write(bmc.wire(q), True)[1])


def cleared_log(*names: str) -> Callable[[Quirks], Any]:
    """Which of several logs is cleared."""

    def deed(q: Quirks) -> Any:
        bmc = FakeBmc()
        services = f"{MANAGER}/LogServices"
        bmc.tree[services] = {"Members": [{"@odata.id": f"{services}/{name}"} for name in names]}
        for name in names:
            entry = f"{services}/{name}/Entries/1"
            bmc.tree[f"{services}/{name}"] = log(name)
            bmc.tree[f"{services}/{name}/Entries"] = {"Members": [{"@odata.id": entry}]}
            bmc.tree[entry] = {"Message": name}
        answer = tried(lambda: logs.clear(bmc.wire(q))[0])
        left = [name for name in names if f"{services}/{name}/Entries/1" in bmc.tree]
        return answer, left

    return deed


def clears_with_type(q: Quirks) -> Any:
    bmc = FakeBmc()
    target = f"{LOG}/Actions/LogService.ClearLog"
    bmc.rules.append(lambda s: error(400) if s.path == target and "ClearType" not in s.body else None)
    return tried(lambda: logs.clear(bmc.wire(q))[0])


def restarts(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.restart = (45.0, 430.0)
    return tried(lambda: manager.reset(bmc.wire(q)) > 400)


# ---- accounts ------------------------------------------------------------------------------------------------------


def account_made(q: Quirks) -> Any:
    """Adding is accepted and does nothing: only an empty slot from the third on can be filled."""
    bmc = FakeBmc()
    bmc.rules.append(lambda s: Reply(201) if (s.method, s.path) == ("POST", USERS) else None)
    bmc.rules.append(refuse("PATCH", f"{USERS}/2", 400))
    users = RedfishUsers(bmc, Endpoint("192.0.2.1"), bmc.tree["/redfish/v1"], q, bmc.clock)
    with users.enter(Credential("admin", "factory-1")) as admin:
        tried(lambda: admin.create(Credential("site", "long-enough")))
    return bmc.passwords.get("site")


def longest_password(q: Quirks) -> Any:
    bmc = FakeBmc()
    users = RedfishUsers(bmc, Endpoint("192.0.2.1"), bmc.tree["/redfish/v1"], q, bmc.clock)
    with users.enter(Credential("admin", "factory-1")) as admin:
        return admin.limits()[1]


PYGHMI = {"device": {"manufacturer_id": 0, "product_id": 0, "device_id": 0, "firmware_version": "1.00"}}
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
    "supermicro-x10-no-boot-mode": (
        {"system": {"Manufacturer": "Supermicro", "Model": "X10SRM-TF"}}, mode_left_out, "pxe",
    ),
    "supermicro-no-apply-time": (SMC, requests_to_write_bios, 1),
    "supermicro-slow-polls": (SMC, reads_a_minute, True),
    "hpe-no-writes-during-post": (HPE, write_during_post, 204),
    "hpe-boot-cleared-target": (HPE, cleared, "none"),
    "hpe-bios-always-reboots": (HPE, reboots_after_bios, True),
    "hpe-spurious-401": (HPE, read_with_401s, "Box"),
    "hpe-log-is-iml": (HPE, cleared_log("IEL", "IML", "SL"), (1, ["IEL", "SL"])),
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
