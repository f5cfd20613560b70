"""Reading and acting share one session, which is closed whatever happens; a refused credential is sent once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from metalctl.bmc import Bmc, Credential, connect, parse_endpoint
from metalctl.bmc.credentials import lockout
from metalctl.bmc.errors import BmcError, Unsupported, WrongPassword
from metalctl.bmc.timing import Clock
from metalctl.lab.bmc.message import Request, Response, refusal
from metalctl.lab.bmc.settings import FaultShare
from metalctl.lab.faults.base import Fault
from metalctl.lab.fleet import Fleet
from tests.unit.bmc.running_fleet import open_sessions, running, url

pytestmark = pytest.mark.slow  # they wait: for time-outs, retries, processes

GOOD = Credential("admin", "password")
FAST = Clock(sleep=lambda seconds: time.sleep(seconds / 100))
Hit = Callable[[int, Request], bool]


class Spy(Fault):
    """Sees what is authorized, and refuses what `hit` says (number from 1, request) before it is done."""

    def __init__(self, fleet: Fleet, hit: Hit = lambda number, request: False) -> None:
        super().__init__(fleet.bmcs[0], FaultShare("spy", 1.0))
        self.seen: list[tuple[str, str, bool]] = []
        self.hit = hit
        fleet.bmcs[0].faults = (self,)

    def before(self, request: Request) -> Response | None:
        basic = bool(request.header(b"authorization"))
        if not basic and not request.header(b"x-auth-token"):
            return None
        self.seen.append((request.method, request.path, basic))
        return refusal(401, "NoValidSession", "Log in.") if self.hit(len(self.seen), request) else None


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with running(base="127.78.42.1") as found:
        yield found
        assert open_sessions(found) == [0]


def opened(fleet: Fleet) -> Bmc:
    machine = connect(parse_endpoint(url(fleet)), GOOD)
    machine.clock = FAST  # type: ignore[attr-defined]
    return machine


def test_an_action_sends_the_credential_only_to_open_the_session(fleet: Fleet) -> None:
    spy = Spy(fleet)
    with opened(fleet) as machine:
        machine.set_power("on")
        machine.set_locator(True)  # type: ignore[attr-defined]
        assert open_sessions(fleet) == [1]
    assert not any(basic for _, _, basic in spy.seen)
    assert {"POST", "PATCH", "DELETE"} <= {method for method, _, _ in spy.seen}
    assert (fleet.statistics.logins, fleet.statistics.logouts) == (1, 1)


def test_a_bmc_that_opens_no_session_is_commanded_by_the_credential() -> None:
    with running(base="127.78.42.2", sessions=0) as fleet:
        spy = Spy(fleet)
        with opened(fleet) as machine:
            machine.set_power("on")
            assert machine.power() == "on"
        assert {basic for _, _, basic in spy.seen} == {True}


def test_after_an_error_the_session_is_closed(fleet: Fleet) -> None:
    with pytest.raises(Unsupported), opened(fleet) as machine:
        machine.set_boot("no-such-device")
    with pytest.raises(ZeroDivisionError), opened(fleet):
        raise ZeroDivisionError


@pytest.mark.parametrize("at", [1, 2, 4, 6, 8])
def test_a_401_for_no_reason_costs_neither_the_action_nor_a_session(fleet: Fleet, at: int) -> None:
    spy = Spy(fleet, lambda number, request: number == at)
    with opened(fleet) as machine:
        machine.set_power("on")
        assert machine.power() == "on"
    assert len(spy.seen) > at
    assert sum(path.endswith("Reset") for _, path, _ in spy.seen) <= 2
    assert fleet.statistics.failed_logins == 0


def test_a_logout_that_is_refused_is_asked_once_more_and_no_more(fleet: Fleet) -> None:
    refused: list[int] = []
    spy = Spy(fleet, lambda number, request: request.method == "DELETE" and not refused and not refused.append(1))  # type: ignore[func-returns-value]
    opened(fleet).__exit__(None, None, None)
    assert [method for method, _, _ in spy.seen].count("DELETE") == 2
    assert open_sessions(fleet) == [0]
    spy.hit = lambda number, request: request.method == "DELETE"
    opened(fleet).__exit__(None, None, None)
    assert [method for method, _, _ in spy.seen].count("DELETE") == 4
    fleet.bmcs[0].auth.forget_sessions()


def test_a_session_that_ran_out_is_opened_anew_for_an_action(fleet: Fleet) -> None:
    with opened(fleet) as machine:
        fleet.bmcs[0].auth.forget_sessions()
        machine.set_locator(True)  # type: ignore[attr-defined]
    assert (fleet.statistics.logins, fleet.statistics.failed_logins) == (2, 0)


def test_a_credential_that_is_refused_by_now_is_sent_once(fleet: Fleet) -> None:
    with opened(fleet) as machine:
        fleet.bmcs[0].auth._passwords = {"admin": "another"}
        fleet.bmcs[0].auth.forget_sessions()
        for _ in range(3):
            with pytest.raises(WrongPassword):
                machine.set_locator(True)  # type: ignore[attr-defined]
    assert fleet.statistics.failed_logins == 1
    with pytest.raises(WrongPassword):
        opened(fleet)
    assert fleet.statistics.failed_logins == 1


def test_a_closed_connection_commands_nothing(fleet: Fleet) -> None:
    machine = opened(fleet)
    machine.__exit__(None, None, None)
    with pytest.raises(BmcError, match="is closed"):
        machine.set_boot("pxe")


@pytest.mark.slow
def test_a_bmc_that_restarts_forgets_its_sessions_and_the_action_ends_well() -> None:
    with running(base="127.78.42.3", bmc_reset_time=5.0) as fleet:
        with opened(fleet) as machine:
            change = machine.reset_bmc()  # type: ignore[attr-defined]
            machine.set_locator(True)  # type: ignore[attr-defined]
        assert "served again" in change.after
        assert (open_sessions(fleet), fleet.statistics.failed_logins) == ([0], 0)


def test_secure_boot_is_on_once_the_machine_has_booted_so(fleet: Fleet) -> None:
    with opened(fleet) as machine:
        pending = machine.set_secure_boot(True, reboot=False)  # type: ignore[attr-defined]
        assert (pending.changed, pending.note) == (False, "pending until a reboot")
        change = machine.set_secure_boot(True, timeout=120.0)  # type: ignore[attr-defined]
        assert (change.before, change.after, machine.secure_boot()) == (False, True, True)  # type: ignore[attr-defined]
        assert machine.set_secure_boot(True).changed is False  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    lockout.forget()
    yield
    lockout.forget()
