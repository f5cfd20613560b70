"""Deeds that show a quirk: power, virtual media, BIOS, LED, log, the BMC itself, accounts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.errors import BmcError
from metalctl.bmc.power import Switch, set_power
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act import bios, led, logs, manager, media, power, tasks
from metalctl.bmc.redfish.acting import Acting
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import BIOS, LOG, MANAGER, SYSTEM, USERS, FakeBmc, Sent, error, refuse, reply
from tests.unit.bmc.fake_tree import CHASSIS, MEDIA, log, slot
from tests.unit.bmc.quirk_facts import tried

# ---- power ---------------------------------------------------------------------------------------------------------


class Machine(Acting):
    """The acting half of a Redfish BMC, at the fake."""

    def __init__(self, bmc: FakeBmc, q: Quirks) -> None:
        self.bmc, self._known, self.clock = bmc, q, bmc.clock
        self.endpoint = Endpoint("192.0.2.1")
        self.audit = lambda act: None

    def power(self) -> str:
        return str(self.bmc.wire(Quirks()).system()["PowerState"]).lower()

    def _wired(self) -> Any:
        return self.bmc.wire()


def reads_a_minute(q: Quirks) -> Any:
    """How often a power state that takes a minute to come is read."""
    bmc = FakeBmc()
    bmc.rules.append(lambda s: reply(204) if s.method == "POST" else None)
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

        def rejects(sent: Sent) -> Response | None:
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
    empty = reply(200, {}, {"Attributes": {}, "Id": "Bios"})
    bmc.rules.append(lambda s: empty if s.path == BIOS and s.at < 1030 else None)
    return tried(lambda: bios.read(bmc.wire(q))["Vt"])


def reboots_after_bios(q: Quirks) -> Any:
    """The value reads as wanted at once, and holds only after a reboot."""
    bmc = FakeBmc()

    def at_once(sent: Sent) -> Response | None:
        if sent.method == "PATCH":
            bmc.tree[BIOS]["Attributes"] |= sent.body["Attributes"]
        return None

    bmc.rules.append(at_once)
    return bool(bios.write(bmc.wire(q), {"Vt": "On"}).differing)


def patience_with_a_task(q: Quirks) -> Any:
    bmc = FakeBmc()
    bmc.tree["/task"] = {"TaskState": "Running"}
    bmc.rules.append(lambda s: reply(200, {}, {"TaskState": "Completed"}) if s.at > 2500 else None)
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
    bmc.rules.append(lambda s: reply(204) if (s.method, s.path) == ("PATCH", SYSTEM) else None)
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
    bmc.rules.append(lambda s: reply(201) if (s.method, s.path) == ("POST", USERS) else None)
    bmc.rules.append(refuse("PATCH", f"{USERS}/2", 400))
    with bmc.users(q).enter(Credential("admin", "factory-1")) as admin:
        tried(lambda: admin.create(Credential("site", "long-enough")))
    return bmc.passwords.get("site")


def longest_password(q: Quirks) -> Any:
    bmc = FakeBmc()
    with bmc.users(q).enter(Credential("admin", "factory-1")) as admin:
        return admin.limits()[1]
