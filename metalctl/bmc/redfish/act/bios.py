"""BIOS settings: written to the settings object, and done only when the BIOS itself reads so after a reboot.

"Accepted", a task that ended and a pending value are no evidence (Ironic's notes on silent failures).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metalctl.bmc.errors import BadAnswer, BmcError, Missing, NotApplied, Unsupported
from metalctl.bmc.redfish.act import tasks
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.client.refusals import names_property
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, items, link, text

APPLY = "@Redfish.SettingsApplyTime"
POLL = 10.0
SETTLES = 10.0
_WHOLE = re.compile(r"-?[0-9]{1,18}")
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """before: the wanted settings as they were. differing: those still to come. task: its path, "" for none.

    taken_back: whether the next boot would have made another value of one that is right now.
    """

    before: Values
    differing: Values
    task: str = ""
    taken_back: bool = False


def read(wire: Wire) -> Values:
    """All settings as the BIOS has them now. Raises Unsupported when the BMC shows none."""
    return _attributes(wire, _path(wire))


def write(wire: Wire, wanted: Mapping[str, Any]) -> Pending:
    """Ask for the settings that differ. Raises Unsupported for a name that this BIOS does not have."""
    path = _path(wire)
    now = _attributes(wire, path)
    _check_names(wire, wanted, now)
    before = {name: now[name] for name in wanted}
    asked = {name: _typed(value, now[name]) for name, value in wanted.items() if not _equal(value, now[name])}
    bios = wire.get(path)
    place = _settings_path(wire, bios, path)
    pending = _pending(wire, place) if place != path else {}
    otherwise = {name: _typed(wanted[name], now[name]) for name in _differing(wanted, now | pending)}
    if not otherwise:  # it is so, or was asked for before: after a crash it is not written twice
        return Pending(before, asked)
    reply_task = _patch(wire, bios, place, asked | otherwise)
    tasks.check(wire, reply_task)
    if not asked:
        _see_taken_back(wire, place, otherwise)
        return Pending(before, {}, taken_back=True)
    differing = _differing(asked, _attributes(wire, path))
    return Pending(before, differing if wire.quirks.bios_reboot == "pending" else asked, reply_task)


def wait(wire: Wire, wanted: Mapping[str, Any], task: str, timeout: float) -> Values:
    """The settings once they read as wanted. Raises TaskFailed, NotApplied (with what differs and why)."""
    begun = wire.clock.now()
    path = _path(wire)
    while True:
        got, why = _now(wire, path)
        if got and not _differing(wanted, got):
            return {name: got[name] for name in wanted}
        # A job that still runs gets its own time; one that ended or vanished gives no reason to wait for longer.
        lasts = max(timeout, wire.quirks.task_lasts) if tasks.check(wire, task) else timeout
        if wire.clock.now() >= begun + lasts:
            raise _not_applied(wire, wanted, got, why)
        wire.clock.sleep(POLL)


def _now(wire: Wire, path: str) -> tuple[Values, str]:
    """A BMC may be away or show nothing while the machine starts: that is no verdict yet."""
    try:
        return dict(child(wire.get(path), "Attributes")), ""
    except BmcError as error:
        return {}, error.message


def _path(wire: Wire) -> str:
    path = link(wire.system(), "Bios")
    if not path:
        raise Unsupported(f"{wire.name} shows no BIOS settings", hint="set them at the console")
    return path


def _attributes(wire: Wire, path: str) -> Values:
    for left in reversed(range(max(1, wire.quirks.bios_reads))):
        if found := child(wire.get(path), "Attributes"):
            return dict(found)
        if left:
            wire.clock.sleep(POLL)
    raise Unsupported(
        f"{wire.name} shows no BIOS settings (they read empty)",
        hint="some BMCs learn them only when the machine has started once: power it on, and try again",
    )


def _check_names(wire: Wire, wanted: Mapping[str, Any], now: Values) -> None:
    for name in wanted:
        if name not in now:
            near = ", ".join(difflib.get_close_matches(name, now, 3, 0.5))
            hint = f"did you mean: {near}" if near else "metalctl bmc bios lists those that it has"
            raise Unsupported(f"{wire.name}: the BIOS has no setting {name!r}", hint=hint)


def _settings_path(wire: Wire, bios: Resource, path: str) -> str:
    stated = link(bios, "@Redfish.Settings", "SettingsObject")
    return stated or (path.rstrip("/") + wire.quirks.bios_at if wire.quirks.bios_at else path)


def _pending(wire: Wire, place: str) -> Values:
    """What the next boot brings, as far as it is told: some list only that there, others every setting."""
    try:
        return dict(child(wire.get(place), "Attributes"))
    except (Missing, BadAnswer):
        return {}


def _see_taken_back(wire: Wire, place: str, wanted: Values) -> None:
    def differing() -> Values:
        pending = _pending(wire, place).items()
        return {name: value for name, value in pending if name in wanted and not _equal(wanted[name], value)}

    if left := wire.clock.until(differing, lambda left: not left, SETTLES):
        raise _not_applied(wire, wanted, wanted | left, "it is pending for the next boot")


def _patch(wire: Wire, bios: Resource, place: str, asked: Values) -> str:
    body: dict[str, Any] = {"Attributes": asked}
    times = child(bios, "@Redfish.Settings").get("SupportedApplyTimes")
    stated = isinstance(times, list) and "OnReset" in times
    when = wire.quirks.bios_apply
    if when == "always" or (when == "stated" and stated):
        body[APPLY] = {"ApplyTime": "OnReset"}
    try:
        return tasks.task_of(wire.patch(place, body))
    except Unsupported as error:
        # bmclib#458: some reject the property that others cannot do without.
        if APPLY not in body or not names_property(error, "SettingsApplyTime", "ApplyTime"):
            raise
        return tasks.task_of(wire.patch(place, {"Attributes": asked}))


def _differing(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Values:
    return {name: value for name, value in wanted.items() if name not in got or not _equal(value, got[name])}


def _equal(one: Any, other: Any) -> bool:
    if isinstance(other, bool):  # people write true
        return str(one).lower() == str(other).lower()
    return bool(one == other) or str(one) == str(other)


def _typed(value: Any, like: Any) -> Any:
    """The value in the type that the BIOS uses: people write numbers and true as text."""
    if not isinstance(value, str):
        return value
    if isinstance(like, bool):
        return {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(like, int) and _WHOLE.fullmatch(value):
        return int(value)
    return value


def _not_applied(wire: Wire, wanted: Mapping[str, Any], got: Values, why: str) -> NotApplied:
    differing = _differing(wanted, got)
    rows = "; ".join(f"{name} is {got.get(name, 'not readable')}, not {value}" for name, value in differing.items())
    told = why or _said(wire)
    return NotApplied(
        f"{wire.name}: BIOS settings were not applied: {rows}" + (f" ({told})" if told else ""),
        hint="see the BMC's log and its job queue; a value may depend on another setting",
        wanted=dict(wanted),
        got={name: got.get(name) for name in wanted},
    )


def _said(wire: Wire) -> str:
    """Why the BIOS did not take the settings, as it left word."""
    try:
        rows = items(child(wire.get(_path(wire)), "@Redfish.Settings"), "Messages")
    except BmcError:
        return ""
    return "; ".join(told for row in rows if (told := text(row, "Message", "MessageId")))[:300]
