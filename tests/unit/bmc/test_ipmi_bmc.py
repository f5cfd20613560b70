"""One machine over IPMI: power and boot are audited and read back; one silence costs one fact."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.audit import Act
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BootNotSet, Unreachable, Unsupported
from metalctl.bmc.ipmi.bmc import IpmiBmc
from metalctl.bmc.timing import Clock


class Session:
    """A BMC. silent: what it never answers. keeps: the boot flags that it takes."""

    def __init__(self, *silent: str, keeps: tuple[str, ...] = ("device", "persistent", "uefi")) -> None:
        self.silent, self.keeps = silent, keeps
        self.state = "off"
        self.flags: dict[str, Any] = {"device": "none", "persistent": False, "uefi": False}
        self.asked: list[str] = []

    def ask(self, do: str, **arguments: Any) -> Any:
        self.asked.append(do)
        if do in self.silent:
            raise Unreachable(f"no answer to {do}")
        match do:
            case "power":
                return self.state
            case "set_power":
                self.state = "off" if arguments["action"] == "off" else "on"
            case "boot":
                return dict(self.flags)
            case "set_boot":
                self.flags |= {name: value for name, value in arguments.items() if name in self.keeps}
            case "device":
                return {"firmware_version": "1.02", "device_id": 1, "manufacturer_id": 2, "product_id": 3}
            case "lan":
                return {"address": "10.0.0.9", "mac": "02:00:00:00:00:01"}
            case "clock":
                return 1000
            case _:
                raise Unsupported("no such thing")
        return None

    def close(self) -> None:
        self.asked.append("close")


class Machine(IpmiBmc):
    """An IpmiBmc at a session in memory; `logins` of it beside the first."""

    def __init__(self, session: Session) -> None:
        self.endpoint = Endpoint("192.0.2.1", "ipmi")
        self.acts: list[Act] = []
        self.audit = self.acts.append
        self.time, self.logins = 1000.0, 0
        self.clock = Clock(lambda: self.time, self.sleep, lambda: 1000.0)
        self._session, self._login, self._silences = session, self.login, 0

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def login(self) -> Session:
        self.logins += 1
        assert isinstance(self._session, Session)
        return self._session


def test_power_is_audited_and_what_is_so_already_is_not_commanded() -> None:
    session = Session()
    machine = Machine(session)
    machine.set_power("on")
    machine.set_power("on")
    assert session.asked.count("set_power") == 1
    assert [(a.action, a.before, a.after, a.done) for a in machine.acts] == [
        ("power", "off", "on", True), ("power", "on", "on", True),
    ]  # fmt: skip


def test_power_that_is_not_reached_is_audited_as_not_done() -> None:
    machine = Machine(Session())
    with pytest.raises(Unsupported):
        machine.set_power("reset")
    assert [(a.action, a.done) for a in machine.acts] == [("power", False)]


def test_the_boot_device_is_audited_and_not_set_again() -> None:
    session = Session()
    machine = Machine(session)
    machine.set_boot("pxe", "uefi")
    machine.set_boot("pxe", "uefi")
    assert session.asked.count("set_boot") == 1
    assert [(a.action, a.before, a.after) for a in machine.acts] == [
        ("boot", "none", "pxe uefi"), ("boot", "pxe uefi", "pxe uefi"),
    ]  # fmt: skip


@pytest.mark.parametrize(("mode", "uefi"), [("uefi", False), ("bios", True)])
def test_a_mode_that_the_bmc_does_not_take_is_found_out(mode: str, uefi: bool) -> None:
    session = Session(keeps=("device", "persistent"))
    session.flags["uefi"] = uefi
    machine = Machine(session)
    with pytest.raises(BootNotSet):
        machine.set_boot("pxe", mode)
    assert not machine.acts[0].done
    machine.set_boot("pxe")


def test_a_fact_that_gets_no_answer_costs_itself_and_a_new_session() -> None:
    session = Session("sdr")
    machine = Machine(session)
    found = machine.inventory()
    assert [(one.fact, one.reason) for one in found.unreadable] == [
        ("sensors", "no answer to sdr"), ("power_supplies", "no answer to sdr"),
    ]  # fmt: skip
    assert (found.power, found.manager.mac if found.manager else "") == ("off", "02:00:00:00:00:01")
    assert (machine.logins, session.asked.count("close")) == (1, 1)


def test_a_bmc_that_is_silent_again_and_again_is_given_up() -> None:
    machine = Machine(Session("fru", "guid", "sdr", "sel"))
    with pytest.raises(Unreachable, match="no answer to sdr"):
        machine.inventory()
    assert machine.logins == 2


def test_a_bmc_that_is_gone_is_unreachable_and_no_inventory_of_gaps() -> None:
    machine = Machine(Session("sdr"))

    def gone() -> Session:
        raise Unreachable("does not answer a ping")

    machine._login = gone
    with pytest.raises(Unreachable, match="ping"):
        machine.inventory()
