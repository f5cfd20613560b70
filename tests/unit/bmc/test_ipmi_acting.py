"""Acting over IPMI: looks first, does it once, reads it again; a BMC that does not obey is found out."""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.bmc.audit import Act
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadAnswer, NotApplied, Unreachable, Unsupported
from metalctl.bmc.ipmi.acting import Acting
from metalctl.bmc.protocol import Service
from metalctl.bmc.timing import Clock


class Session:
    """A BMC with a LED, a log of three entries and a clock that is a minute late. obeys: does what it takes."""

    def __init__(self, obeys: bool = True, tells: bool = True) -> None:
        self.obeys, self.tells = obeys, tells
        self.led, self.entries, self.now = False, 3, 940.0
        self.done: list[str] = []
        self.closed = False

    def ask(self, do: str, **arguments: Any) -> Any:
        match do:
            case "identified":
                return self.led if self.tells else None
            case "sel_count":
                return self.entries
            case "clock":
                return self.now
            case "power":
                return "on"
        self.done.append(do)
        if self.obeys:
            self.led = arguments.get("on", self.led)
            self.entries = 0 if do == "clear_sel" else self.entries
            self.now = arguments.get("seconds", self.now)
        if do == "cold_reset":
            raise Unreachable("gone before it answered")
        return None

    def close(self) -> None:
        self.closed = True


class Machine(Acting):
    """Acting over a session, by a clock that costs nothing. away: seconds for which it takes no login after a reset."""

    def __init__(self, session: Session, away: float = 120.0) -> None:
        self.endpoint = Endpoint("127.66.0.1", "ipmi")
        self.acts: list[Act] = []
        self.audit = self.acts.append
        self.time = 1000.0
        self.clock = Clock(lambda: self.time, self.sleep, lambda: 1000.0)
        self._session = session
        self._login = self.login
        self.back = self.time + away

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def login(self) -> Session:
        if self.time < self.back:
            raise Unreachable("not yet")
        return Session()

    def _pings(self) -> bool:
        return not self.time < self.back


def test_the_locator_is_lit_once_and_read_back() -> None:
    session = Session()
    machine = Machine(session)
    assert machine.set_locator(True).changed
    assert machine.locator() is True
    assert not machine.set_locator(True).changed
    assert session.done == ["identify"]
    assert [a.action for a in machine.acts] == ["locator", "locator"]


def test_a_led_whose_state_is_not_told_is_not_called_lit() -> None:
    machine = Machine(Session(tells=False))
    change = machine.set_locator(True)
    assert change.after == "asked on"
    assert "does not report" in change.note
    with pytest.raises(Unsupported):
        machine.locator()


@pytest.mark.parametrize("action", ["set_locator", "clear_log", "set_clock"])
def test_a_bmc_that_does_not_obey_is_found_out_and_audited(action: str) -> None:
    machine = Machine(Session(obeys=False))
    with pytest.raises(NotApplied) as caught:
        getattr(machine, action)(*([True] if action == "set_locator" else []))
    assert caught.value.hint
    assert [a.done for a in machine.acts] == [False]


def test_a_log_is_cleared_once_and_an_empty_one_is_left_alone() -> None:
    session = Session()
    machine = Machine(session)
    assert (machine.clear_log().before, session.entries) == (3, 0)
    assert not machine.clear_log().changed
    assert session.done == ["clear_sel"]


def test_a_clock_that_is_right_is_left_alone() -> None:
    session = Session()
    machine = Machine(session)
    assert machine.set_clock().before == -60.0
    assert not machine.set_clock().changed
    assert session.done == ["set_clock"]


def test_a_reset_ends_when_the_bmc_takes_a_login_again() -> None:
    session = Session()
    machine = Machine(session)
    change = machine.reset_bmc()
    assert session.done == ["cold_reset"], "sent once, though no answer came"
    assert session.closed
    assert machine.time >= machine.back
    assert change.after == "serving again"
    assert machine.power() == "on"


def test_a_bmc_that_was_never_seen_away_is_not_said_to_have_restarted() -> None:
    change = Machine(Session(), away=0).reset_bmc()
    assert "not proven" in change.note
    assert "not proven" not in Machine(Session()).reset_bmc().note


def test_a_bmc_that_does_not_come_back_is_an_error_with_what_to_do() -> None:
    machine = Machine(Session(), away=10_000)
    with pytest.raises(Unreachable, match="does not serve") as caught:
        machine.reset_bmc()
    assert "power" in caught.value.hint
    assert machine.time < 1000 + 500


def test_a_bmc_that_refuses_a_reset_is_not_waited_for() -> None:
    class Refusing(Session):
        def ask(self, do: str, **arguments: Any) -> Any:
            if do == "cold_reset":
                raise Unsupported("no such command")
            return super().ask(do, **arguments)

    session = Refusing()
    with pytest.raises(Unsupported):
        Machine(session).reset_bmc()
    assert not session.closed


def test_a_login_that_breaks_off_while_it_starts_is_tried_again() -> None:
    machine = Machine(Session())
    failures = iter([BadAnswer("half started"), Unreachable("gone")])

    def login() -> Session:
        if error := next(failures, None):
            raise error
        return Session()

    machine._login = login
    assert machine.reset_bmc().changed


def test_it_is_what_a_technician_s_commands_ask_for() -> None:
    assert isinstance(Machine(Session()), Service)
