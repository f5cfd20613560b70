"""Power, believed only when read: the command is sent at most once a step, then the state is polled until it is so.

"The BMC accepted it" is no evidence (baremetal-operator#290). A BMC that is away for some seconds, or busy, is
asked again until the deadline (baremetal-operator#708); one that is already in the wanted state gets no command at
all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from metalctl.bmc.errors import BadAnswer, Busy, PowerNotReached, Unreachable, Unsupported

ACTIONS = ("on", "off", "cycle", "reset")


@dataclass(frozen=True, slots=True)
class Switch:
    """How one BMC is read and commanded. command takes "on", "off" or "reset"; interval: seconds between reads."""

    name: str
    read: Callable[[], str]
    command: Callable[[str], None]
    interval: float = 1.0


def set_power(switch: Switch, wanted: str, timeout: float) -> None:
    """Bring the machine to `wanted` ("on", "off", "cycle", "reset"), proven by reading, within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    if wanted in ("on", "off"):
        _reach(switch, wanted, deadline)
    elif wanted == "cycle":
        # Off must have been seen: only then the components really lost power.
        _reach(switch, "off", deadline)
        _reach(switch, "on", deadline)
    elif wanted == "reset":
        _reset(switch, deadline)
    else:
        raise Unsupported(f"{switch.name}: {wanted!r} is no power action", hint=f"use one of {', '.join(ACTIONS)}")


def _reset(switch: Switch, deadline: float) -> None:
    if switch.read() != "on":
        raise Unsupported(f"{switch.name} is off and cannot be reset", hint="use `on` or `cycle`")
    _send(switch, "reset", deadline)
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
            if time.monotonic() + switch.interval >= deadline:
                raise
            time.sleep(switch.interval)
            if action != "reset" and _read(switch)[0] == action:
                return None
            if action == "reset" and isinstance(error, Unreachable):
                # It may have been done: a second reset would be a second interruption.
                return None


def _wait(switch: Switch, state: str, deadline: float) -> None:
    pause = switch.interval
    while True:
        got, why = _read(switch)
        if got == state:
            return
        if time.monotonic() + pause >= deadline:
            raise PowerNotReached(
                f"{switch.name} should be {state}, but reads {got or 'nothing'}" + (f" ({why})" if why else ""),
                hint="look at the BMC's own console and event log; is the power supply on?",
                bmc=switch.name,
                wanted=state,
                got=got,
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 4 * switch.interval)


def _read(switch: Switch) -> tuple[str, str]:
    """The state, or "" and the reason when the BMC does not say at the moment."""
    try:
        return switch.read(), ""
    except (Unreachable, BadAnswer) as error:
        return "", error.message
