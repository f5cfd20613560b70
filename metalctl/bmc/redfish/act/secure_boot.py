"""UEFI secure boot: asked for, and done when the machine has booted with it (SecureBootCurrentBoot)."""

from __future__ import annotations

from metalctl.bmc.errors import BmcError, NotApplied, Unsupported
from metalctl.bmc.redfish.act.wire import Resource, Wire
from metalctl.bmc.redfish.values import link, text

POLL = 10.0
SETTLES = 10.0


def read(wire: Wire) -> tuple[bool, bool]:
    """Whether it was on at the last boot, and whether it will be at the next. Raises Unsupported."""
    return _state(_resource(wire)[1])


def write(wire: Wire, on: bool) -> bool:
    """Ask for it at the next boot, and see it asked for; whether that was needed. Raises NotApplied."""
    path, resource = _resource(wire)
    place = link(resource, "@Redfish.Settings", "SettingsObject") or path
    # What comes at the next boot stands where it is written: the resource itself may tell only of the last one.
    if _state(resource if place == path else wire.get(place))[1] == on:
        return False
    wire.patch(place, {"SecureBootEnable": on})
    deadline = wire.clock.now() + SETTLES
    while _state(wire.get(place))[1] != on:
        if wire.clock.now() >= deadline:
            raise _not_applied(wire, on, "the BMC accepted it and still says otherwise")
        wire.clock.sleep(1.0)
    return True


def wait(wire: Wire, on: bool, timeout: float) -> None:
    """Return once the machine has booted so. Raises NotApplied after `timeout` seconds."""
    deadline = wire.clock.now() + timeout
    while True:
        try:
            if _state(_resource(wire)[1]) == (on, on):
                return
            why = "it booted otherwise, or has not booted yet"
        except BmcError as error:
            why = error.message
        if wire.clock.now() >= deadline:
            raise _not_applied(wire, on, why)
        wire.clock.sleep(POLL)


def _resource(wire: Wire) -> tuple[str, Resource]:
    path = link(wire.system(), "SecureBoot")
    if not path:
        raise Unsupported(f"{wire.name} shows no secure boot", hint="is the machine in UEFI mode?", bmc=wire.name)
    return path, wire.get(path)


def _state(resource: Resource) -> tuple[bool, bool]:
    wanted = resource.get("SecureBootEnable") is True
    current = text(resource, "SecureBootCurrentBoot")
    return (current == "Enabled" if current else wanted), wanted


def _not_applied(wire: Wire, on: bool, why: str) -> NotApplied:
    return NotApplied(
        f"{wire.name}: secure boot should be {'on' if on else 'off'}: {why}",
        hint="it needs UEFI mode, keys enrolled, and on some machines physical presence",
        bmc=wire.name,
        wanted=on,
        got=not on,
    )
