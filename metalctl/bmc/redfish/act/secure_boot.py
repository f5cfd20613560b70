"""UEFI secure boot: asked for, and done when the machine has booted with it (SecureBootCurrentBoot).

What is not stated is neither on nor off: a BMC says nothing of it until the firmware has told it, or ever.
"""

from __future__ import annotations

from metalctl.bmc.errors import BmcError, NotApplied, Unsupported
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.system import SecureBoot
from metalctl.bmc.redfish.schema.values import link

State = tuple[bool | None, bool | None]
POLL = 10.0
SETTLES = 10.0


def read(wire: Wire) -> State:
    """Whether it was on at the last boot, and whether it will be at the next; None for what is not stated.

    Raises Unsupported where neither is.
    """
    found = _state(_resource(wire)[1])
    if found == (None, None):
        hint = "boot the machine once in UEFI mode, so that its firmware reports it; or check the firmware setup"
        raise Unsupported(f"{wire.name} does not say whether secure boot is on or off", hint=hint)
    return found


def write(wire: Wire, on: bool) -> bool:
    """Ask for it at the next boot, and see it asked for; whether that was needed. Raises NotApplied."""
    path, resource = _resource(wire)
    place = link(resource, "@Redfish.Settings", "SettingsObject") or path
    # What comes at the next boot stands where it is written: the resource itself may tell only of the last one.
    if _next(resource if place == path else wire.get(place), resource) is on:
        return False
    wire.patch(place, {"SecureBootEnable": on})
    said = wire.clock.until(lambda: _state(wire.get(place))[1], lambda said: said is on, SETTLES)
    if said is not on:
        says = "does not say what comes" if said is None else "still says otherwise"
        raise _not_applied(wire, on, f"the BMC accepted it and {says}")
    return True


def _next(pending: Resource, resource: Resource) -> bool | None:
    """What comes at the next boot: as the settings say, else (nothing is pending) the resource itself."""
    said = _state(pending)[1]
    return _state(resource)[1] if said is None else said


def wait(wire: Wire, on: bool, timeout: float) -> None:
    """Return once the machine has booted so. Raises NotApplied after `timeout` seconds."""
    if why := wire.clock.until(lambda: _unlike(wire, on), lambda why: not why, timeout, POLL):
        raise _not_applied(wire, on, why)


def _unlike(wire: Wire, on: bool) -> str:
    """Why it is not known that the machine booted so, "" when it is."""
    try:
        booted, wanted = _state(_resource(wire)[1])
    except BmcError as error:
        return error.message
    if booted is on and wanted in (on, None):
        return ""
    return "the BMC does not say how it booted" if booted is None else "it booted otherwise, or has not booted yet"


def _resource(wire: Wire) -> tuple[str, Resource]:
    path = link(wire.system(), "SecureBoot")
    if not path:
        raise Unsupported(f"{wire.name} shows no secure boot", hint="switch the machine to UEFI mode")
    return path, wire.get(path)


def _state(resource: Resource) -> State:
    found = SecureBoot(resource)
    return found.current, found.wanted


def _not_applied(wire: Wire, on: bool, why: str) -> NotApplied:
    return NotApplied(
        f"{wire.name}: secure boot should be {'on' if on else 'off'}: {why}",
        hint="it needs UEFI mode, keys enrolled, and on some machines physical presence",
        wanted=on,
        got=not on,
    )
