"""Power, believed only when read: the command is sent at most once a step, then the state is polled until it is so.

"The BMC accepted it" is no evidence (baremetal-operator#290). A BMC that is away for some seconds, or busy, is
asked again until the deadline (baremetal-operator#708); one that is already in the wanted state gets no command at
all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from metalctl.bmc.audit import Audit, Change, audited
from metalctl.bmc.endpoint import Endpoint
from metalctl.bmc.errors import BadAnswer, Busy, PowerNotReached, Unreachable, Unsupported
from metalctl.bmc.timing import REAL, Clock

ACTIONS = ("on", "off", "cycle", "reset", "nmi")


@dataclass(frozen=True, slots=True)
class Switch:
    """How one BMC is read and commanded. command takes "on", "off", "reset" or "nmi".

    interval: seconds between reads. reads: equal ones in a row, after a command, before a
    state is believed: some BMCs first tell what was wanted. settles: seconds to wait
    after off before the next command.
    """

    name: str
    read: Callable[[], str]
    command: Callable[[str], None]
    interval: float = 1.0
    reads: int = 2
    settles: float = 0.0
    clock: Clock = REAL


class Powered(ABC):
    """The half of a BMC that switches power: audited, and believed only when read."""

    endpoint: Endpoint
    audit: Audit
    clock: Clock

    @abstractmethod
    def power(self) -> str:
        """See protocol.Bmc."""

    @abstractmethod
    def _switch(self) -> Switch:
        """How it is commanded."""

    def set_power(self, wanted: str, timeout: float = 120) -> None:
        """See protocol.Bmc."""
        self._power(wanted, timeout)

    @audited("power")
    def _power(self, wanted: str, timeout: float) -> Change:
        before = self.power()
        set_power(self._switch(), wanted, timeout)
        return Change(before, wanted if wanted in ("cycle", "reset", "nmi") else self.power())


def set_power(switch: Switch, wanted: str, timeout: float) -> None:
    """Bring the machine to `wanted` ("on", "off", "cycle"), proven by reading, within `timeout` seconds.

    "reset" and "nmi" are proven only by the BMC's acceptance, and by the machine being on before and after: they leave
    no state to read.
    """
    deadline = switch.clock.now() + timeout
    if wanted in ("on", "off"):
        _reach(switch, wanted, deadline)
    elif wanted == "cycle":
        # Off must have been seen: only then the components really lost power.
        _reach(switch, "off", deadline)
        switch.clock.sleep(switch.settles)
        _reach(switch, "on", deadline)
    elif wanted in ("reset", "nmi"):
        _interrupt(switch, wanted, deadline)
    else:
        raise Unsupported(f"{switch.name}: {wanted!r} is not a power action", hint=f"use one of {', '.join(ACTIONS)}")


def _interrupt(switch: Switch, wanted: str, deadline: float) -> None:
    if switch.read() != "on":
        raise Unsupported(f"{switch.name} is off: {wanted} does nothing to it", hint="use `on` or `cycle`")
    _send(switch, wanted, deadline)
    _wait(switch, "on", deadline)


def _reach(switch: Switch, state: str, deadline: float) -> None:
    if _read(switch)[0] == state:
        return
    _send(switch, state, deadline)
    _wait(switch, state, deadline)


def _send(switch: Switch, action: str, deadline: float) -> None:
    while True:
        try:
            return switch.command(action)
        except (Busy, Unreachable) as error:
            if switch.clock.now() + switch.interval >= deadline:
                raise
            switch.clock.sleep(switch.interval)
            if action in ("on", "off") and _read(switch)[0] == action:
                return None
            if action in ("reset", "nmi") and isinstance(error, Unreachable):
                # It may have been done: a second one would be a second interruption.
                return None


def _wait(switch: Switch, state: str, deadline: float) -> None:
    pause = switch.interval
    seen = 0
    while True:
        got, why = _read(switch)
        seen = seen + 1 if got == state else 0
        if seen >= switch.reads:
            return
        if not seen and switch.clock.now() + pause >= deadline:
            raise PowerNotReached(
                f"{switch.name} should be {state}, but reads {got or 'nothing'}" + (f" ({why})" if why else ""),
                hint="check the power supply, and the BMC's console and event log",
                wanted=state,
                got=got,
            )
        switch.clock.sleep(switch.interval if seen else pause)
        pause = min(pause * 1.5, 4 * switch.interval)


def _read(switch: Switch) -> tuple[str, str]:
    """The state, or "" and the reason when the BMC does not say at the moment."""
    try:
        return switch.read(), ""
    except (Unreachable, BadAnswer) as error:
        return "", error.message
