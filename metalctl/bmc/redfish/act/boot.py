"""The boot override: once or lasting, BIOS or UEFI; written only when it is not so already, and re-read.

It is written where the BMC takes it: to the system, and where that is refused or without effect to the settings object
that the system names (`@Redfish.Settings`). The mode is sent only where the system states one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from metalctl.bmc.errors import BadAnswer, BmcError, BootNotSet, Unsupported
from metalctl.bmc.redfish.act.boot_targets import DEVICES, MODES, chosen, device_of, listed, mode_of, target_of
from metalctl.bmc.redfish.act.demands import folded
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.client.refusals import names_property
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, link, text

SETTLES = 10.0
_MODE = "BootSourceOverrideMode"
_TARGET = "BootSourceOverrideTarget"
_ENABLED = "BootSourceOverrideEnabled"


@dataclass(frozen=True, slots=True)
class Override:
    """device: as in DEVICES, or the BMC's word in lower case. mode: "uefi", "bios" or "". lasting: as the BMC says.

    target: the BMC's own word for the device.
    """

    device: str
    mode: str = ""
    lasting: str = ""
    target: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.device, self.mode, self.lasting) if part)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, in this BMC's words. mode: None leaves it.

    exact: a lasting override that stands is not one for once, and is written again. What reads back as lasting after
    one boot was asked for is taken: a BMC may know no other. lasts: how long, as the BMC calls it.
    knows_mode: it states a mode, or lists some; else none is sent, and none must be read.
    """

    device: str
    target: str
    mode: str | None
    persistent: bool
    exact: bool = False
    lasts: str = "Once"
    knows_mode: bool = True

    def stands(self, read: Override) -> bool:
        """Whether the override that was read before is this one, so that nothing need be written."""
        return self.is_so(read) and (self.device == "none" or not self.exact or read.lasting != "Continuous"
                                     or self.persistent)  # fmt: skip

    def is_so(self, read: Override) -> bool:
        """Whether the override that is read back is this one."""
        if self.device == "none":
            return read.device == "none"
        lasting = {"Continuous"} if self.persistent else {"Once", "Continuous"}
        is_mode = self.mode in (None, read.mode) or not (self.knows_mode or read.mode)
        return read.device == self.device and is_mode and read.lasting in lasting


def read(system: Resource) -> Override:
    """The override of a system (or of its settings resource)."""
    boot = child(system, "Boot")
    lasting, target = text(boot, "BootSourceOverrideEnabled"), text(boot, _TARGET) or "None"
    device = "none" if lasting == "Disabled" else device_of(target)
    return Override(device, mode_of(text(boot, _MODE)), lasting, target)


def set_override(wire: Wire, device: str, mode: str | None, persistent: bool) -> tuple[Override, Override]:
    """Before and after. A BMC that knows only lasting overrides is not refused when a single one was asked."""
    if device not in DEVICES or mode not in ("uefi", "bios", None):
        raise Unsupported(
            f"no boot device {device!r} in mode {mode!r}", hint=f"use one of {', '.join(DEVICES)}; uefi or bios"
        )
    system = wire.system()
    places = _places(wire, system)
    before = _told(places)
    wanted = _wanted(wire, places, device, mode, persistent)
    if wanted.stands(before) and device in ("none", before.device) and _same_target(wanted, before):
        return before, before
    got, refused = before, None
    for path, shown in places:
        try:
            _patch(wire, path, _body(wire, system, shown, wanted))
        except (Unsupported, BadAnswer) as error:
            refused = refused or error
            continue
        got = _settled(wire, path, wanted)
        if wanted.is_so(got):
            return before, got
        refused = None
    raise refused or _not_set(wire, wanted, got)


def current(wire: Wire) -> Override:
    """What the next boot takes: the system's override, else what its settings object holds."""
    return _told(_places(wire, wire.system()))


def _told(places: list[tuple[str, Resource]]) -> Override:
    first, *more = [read(shown) for _, shown in places]
    return next((one for one in (first, *more) if one.device != "none"), first)


def _places(wire: Wire, system: Resource) -> list[tuple[str, Resource]]:
    """Where the override may be written and is read back: the system, or its settings where quirks name them; then the
    settings object that the system names."""
    found = [(wire.system_path, system)]
    if wire.quirks.boot_at and (own := _shown(wire, wire.system_path.rstrip("/") + wire.quirks.boot_at)):
        found = [own]
    stated = link(system, "@Redfish.Settings", "SettingsObject")
    if stated and stated.rstrip("/") not in [path.rstrip("/") for path, _ in found] and (more := _shown(wire, stated)):
        found.append(more)
    return found


def _shown(wire: Wire, path: str) -> tuple[str, Resource] | None:
    try:
        return path, wire.get(path)
    except BadAnswer:
        return None


def _wanted(wire: Wire, places: list[tuple[str, Resource]], device: str, mode: str | None, persistent: bool) -> Wanted:
    boots = [child(shown, "Boot") for _, shown in places]
    allowed = listed(boots, _TARGET)
    words = (*wire.quirks.boot_targets.get(device, ()), *DEVICES[device])
    if device == "none":
        words = (wire.quirks.boot_cleared_target, *words)
    target = target_of(device, words, allowed)
    if not target and device != "none":  # an override is taken away without a target, too
        raise Unsupported(
            f"{wire.name} boots from no {device}; it lists {', '.join(allowed)}",
            hint="choose another device: metalctl bmc boot --help",
        )
    # Where a lasting one is what is asked for, a lasting one is what was asked for: it is not written again.
    lasts = _lasts(wire, boots, device, persistent)
    exact = not (wire.quirks.boot_lasting_counts or lasts == "Continuous")
    # A BMC that has no mode cannot be asked for one, nor say what it boots in: that is the BIOS settings' matter.
    known = any(map(_has_mode, boots))
    return Wanted(device, target, mode, persistent, exact, lasts, known)


def _has_mode(boot: Resource) -> bool:
    return bool(text(boot, _MODE) or listed([boot], _MODE))


def _lasts(wire: Wire, boots: list[Resource], device: str, persistent: bool) -> str:
    """How long, in a word that this BMC lists: one that knows no single boot is asked for a lasting one."""
    once = dict.fromkeys((wire.quirks.boot_once, "Once", "Continuous"))
    words = ("Disabled",) if device == "none" else ("Continuous",) if persistent else tuple(once)
    word = chosen(words, listed(boots, _ENABLED))
    if not word and persistent:
        raise Unsupported(f"{wire.name} keeps no override beyond one boot", hint="ask for one boot")
    return word or words[0]


def _same_target(wanted: Wanted, before: Override) -> bool:
    """Of two names of one device ("Cd", "UsbCd") the BMC may mean two things."""
    return wanted.device == "none" or folded(wanted.target) == folded(before.target)


def _patch(wire: Wire, path: str, body: dict[str, Any]) -> None:
    """The PATCH; where the mode is what is refused, without it: what is read afterwards decides."""
    try:
        wire.patch(path, {"Boot": body})
    except Unsupported as error:
        if _MODE not in body or not names_property(error, _MODE):
            raise
        wire.patch(path, {"Boot": {name: value for name, value in body.items() if name != _MODE}})


def _settled(wire: Wire, path: str, wanted: Wanted) -> Override:
    """What is read once it is so, or when it had its time: of the place that was written, or of the system itself."""

    def now() -> Override:
        got = read(wire.get(path))
        if path == wire.system_path or (wanted.is_so(got) and (got.mode or not wanted.knows_mode)):
            return got
        own = read(wire.system())
        if not got.mode and wanted.knows_mode:
            got = replace(got, mode=own.mode)  # a settings object may hold only what is to change
        return own if not wanted.is_so(got) and wanted.is_so(own) else got

    return wire.clock.until(now, wanted.is_so, SETTLES)


def _body(wire: Wire, system: Resource, shown: Resource, wanted: Wanted) -> dict[str, str]:
    mode = None if wanted.device == "none" else wanted.mode
    body = {_ENABLED: wanted.lasts, _TARGET: wanted.target}
    body = {name: value for name, value in body.items() if value}
    return {**body, **_mode(wire, [child(shown, "Boot"), child(system, "Boot")], mode)}


def _mode(wire: Wire, boots: list[Resource], mode: str | None) -> dict[str, str]:
    """Some firmware takes writing the same mode again as a change of its boot order: it is left out unless changed."""
    when, stated = wire.quirks.boot_mode, next(filter(_has_mode, boots), None)
    if stated is None or when == "never":
        return {}
    told = text(stated, _MODE)
    if when != "always" and (not mode or mode_of(told) == mode):
        return {}
    wanted = MODES[mode] if mode else (told or "UEFI",)
    return {_MODE: chosen(wanted, listed(boots, _MODE)) or wanted[0]}


def _not_set(wire: Wire, wanted: Wanted, got: Override) -> BmcError:
    asked = Override(wanted.device, wanted.mode or got.mode, "Continuous" if wanted.persistent else "Once")
    return BootNotSet(
        f"{wire.name}: the boot device should be {asked}, but reads {got}",
        hint="a BMC may refuse it during POST: wait, or power the machine off first",
        wanted=(asked.device, asked.mode, asked.lasting),
        got=(got.device, got.mode, got.lasting),
    )
