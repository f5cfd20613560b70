"""Power is believed only when read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from metalctl.bmc.errors import Busy, PowerNotReached, Unreachable, Unsupported
from metalctl.bmc.power import Switch, set_power
from metalctl.bmc.redfish.fetch.inventory import power_state
from metalctl.bmc.timing import Clock


class Machine:
    """lag: reads until a command shows. dead: commands have no effect."""

    def __init__(self, state: str = "off", lag: int = 0, dead: bool = False) -> None:
        self.state, self.lag, self.dead = state, lag, dead
        self.sent: list[str] = []
        self.before_command: list[Exception] = []
        self.before_read: list[Exception] = []
        self._next = ("", 0)

    def read(self) -> str:
        if self.before_read:
            raise self.before_read.pop(0)
        wanted, left = self._next
        if wanted and left == 0:
            self.state, self._next = wanted, ("", 0)
        elif wanted:
            self._next = (wanted, left - 1)
        return self.state

    def command(self, action: str) -> None:
        if self.before_command:
            raise self.before_command.pop(0)
        self.sent.append(action)
        if not self.dead:
            self._next = ("on" if action == "reset" else action, self.lag)

    def set(self, wanted: str, timeout: float = 60.0) -> None:
        set_power(Switch("bmc", self.read, self.command, clock=patient()), wanted, timeout)


def patient() -> Clock:
    """A clock that only sleeping moves on."""
    now = [0.0]
    return Clock(lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))


@pytest.mark.parametrize(
    ("before", "wanted", "sent"),
    [("off", "on", ["on"]), ("on", "on", []), ("on", "off", ["off"]), ("off", "off", []),
     ("on", "cycle", ["off", "on"]), ("off", "cycle", ["on"]), ("on", "reset", ["reset"])],
)  # fmt: skip
def test_only_needed_commands_are_sent_and_the_state_is_reached(before: str, wanted: str, sent: list[str]) -> None:
    machine = Machine(before, lag=2)
    machine.set(wanted)
    assert machine.sent == sent
    assert machine.state == ("off" if wanted == "off" else "on")


def test_a_bmc_that_accepts_and_does_nothing_is_not_believed() -> None:
    machine = Machine("off", dead=True)
    with pytest.raises(PowerNotReached) as caught:
        machine.set("on", timeout=5)
    assert caught.value.fields["got"] == "off"
    assert "off" in caught.value.message
    assert machine.sent == ["on"], "the command is not repeated"


@pytest.mark.parametrize("error", [Busy("409"), Unreachable("away")])
def test_a_bmc_that_is_busy_or_away_for_a_moment_is_asked_again(error: Exception) -> None:
    machine = Machine("on", lag=1)
    machine.before_command = [error, error]
    machine.before_read = []
    machine.set("off")
    assert machine.sent == ["off"]


def test_reads_that_fail_for_a_while_do_not_end_the_wait() -> None:
    machine = Machine("off")
    reads = iter([None, Unreachable("away"), Unreachable("away"), None, None, None])

    def flaky(real: Callable[[], str] = machine.read) -> str:
        if error := next(reads, None):
            raise error
        return real()

    set_power(Switch("bmc", flaky, machine.command, clock=patient()), "on", 60)
    assert machine.state == "on"


def test_a_bmc_that_stays_away_ends_with_the_reason() -> None:
    machine = Machine("off", dead=True)
    count = 0

    def once() -> str:
        nonlocal count
        count += 1
        if count > 1:
            raise Unreachable("the cable is out")
        return machine.read()

    with pytest.raises(PowerNotReached, match="the cable is out"):
        set_power(Switch("bmc", once, machine.command, clock=patient()), "on", 5)


def test_a_reset_is_not_repeated_when_the_answer_was_lost() -> None:
    machine = Machine("on")
    machine.before_command = [Unreachable("broke off")]
    machine.set("reset")
    assert machine.sent == []


def test_a_machine_that_is_off_cannot_be_reset() -> None:
    with pytest.raises(Unsupported):
        Machine("off").set("reset")


def test_an_nmi_is_sent_once_to_a_machine_that_is_on_and_not_to_one_that_is_off() -> None:
    machine = Machine("on")
    machine.command = lambda action: machine.sent.append(action)  # type: ignore[method-assign]
    machine.set("nmi")
    assert machine.sent == ["nmi"]
    with pytest.raises(Unsupported, match="is off"):
        Machine("off").set("nmi")


def test_between_off_and_on_it_waits_as_the_quirks_say_and_several_reads_are_wanted() -> None:
    now, sent = [0.0], []
    clock = Clock(lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    machine = Machine("on")

    def command(action: str) -> None:
        sent.append((action, now[0]))
        machine.state = action

    set_power(Switch("bmc", machine.read, command, 1.0, reads=3, settles=10.0, clock=clock), "cycle", 100)
    (off, first), (on, second) = sent
    assert (off, on) == ("off", "on")
    assert second - first >= 10 + 2, "three reads, then ten seconds"


def test_a_bmc_that_first_tells_what_was_wanted_is_not_believed() -> None:
    reads = iter(["off", "on", "off", "off", "off", "on", "on", "on"])
    seen: list[str] = []
    clock = patient()

    def read() -> str:
        seen.append(next(reads))
        return seen[-1]

    set_power(Switch("bmc", read, lambda action: None, clock=clock), "on", 60)
    assert seen == ["off", "on", "off", "off", "off", "on", "on"]
    lies = iter(["off", "on", *["off"] * 99])
    with pytest.raises(PowerNotReached, match="should be on, but reads off"):
        set_power(Switch("bmc", lambda: next(lies), lambda action: None, clock=clock), "on", 30)


@pytest.mark.parametrize(
    ("told", "state"),
    [("On", "on"), ("Off", "off"), ("PoweringOn", "off"), ("PoweringOff", "on"), ("Paused", "on"), ("Sleepy", ""),
     (None, ""), (True, "")],
)  # fmt: skip
def test_a_machine_is_on_once_it_is_on_and_off_once_it_is_off(told: object, state: str) -> None:
    assert power_state({"PowerState": told}) == state
