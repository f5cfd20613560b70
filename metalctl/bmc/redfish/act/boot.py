"""The boot override: once or lasting, BIOS or UEFI; written only when it is not so already, and re-read."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.bmc.errors import BootNotSet, Missing, Unsupported
from metalctl.bmc.redfish.act.wire import Resource, Wire
from metalctl.bmc.redfish.values import child, text

DEVICES = {
    "pxe": "Pxe",
    "disk": "Hdd",
    "cd": "Cd",
    "usb": "Usb",
    "setup": "BiosSetup",
    "http": "UefiHttp",
    "none": "None",
}
_NAMES = {value: name for name, value in DEVICES.items()}
_MODES = {"uefi": "UEFI", "bios": "Legacy"}
SETTLES = 10.0


@dataclass(frozen=True, slots=True)
class Override:
    """device: as in DEVICES, or the BMC's word in lower case. mode: "uefi", "bios" or "". lasting: as the BMC says."""

    device: str
    mode: str = ""
    lasting: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.device, self.mode, self.lasting) if part)


def read(system: Resource) -> Override:
    """The override of a system (or of its settings resource)."""
    boot = child(system, "Boot")
    lasting, target = text(boot, "BootSourceOverrideEnabled"), text(boot, "BootSourceOverrideTarget") or "None"
    device = "none" if lasting == "Disabled" else _NAMES.get(target, target.lower())
    mode = {value: name for name, value in _MODES.items()}.get(text(boot, "BootSourceOverrideMode"), "")
    return Override(device, mode, lasting)


def set_override(wire: Wire, device: str, mode: str | None, persistent: bool) -> tuple[Override, Override]:
    """Before and after. A BMC that knows only lasting overrides is not refused when a single one was asked."""
    if device not in DEVICES or mode not in ("uefi", "bios", None):
        raise Unsupported(
            f"no boot device {device!r} in mode {mode!r}", hint=f"use one of {', '.join(DEVICES)}; uefi or bios"
        )
    system = wire.system()
    path, shown = _where(wire, system)
    before = read(shown)
    # Where a lasting one is what is asked for, a lasting one is what was asked for: it is not written again.
    lasting_counts = wire.quirks.boot_lasting_counts or wire.quirks.boot_once == "Continuous"
    if _is(before, device, mode, persistent, exact=not lasting_counts):
        return before, before
    wire.patch(path, {"Boot": _body(wire, system, before, device, mode, persistent)})
    deadline = wire.clock.now() + SETTLES
    while not _is(got := read(wire.get(path)), device, mode, persistent):
        if wire.clock.now() > deadline:
            raise _not_set(wire, Override(device, mode or got.mode, "Continuous" if persistent else "Once"), got)
        wire.clock.sleep(1.0)
    return before, got


def _where(wire: Wire, system: Resource) -> tuple[str, Resource]:
    """Where the override is written and read back: the system, or its settings resource where quirks name one."""
    if wire.quirks.boot_at:
        path = wire.system_path.rstrip("/") + wire.quirks.boot_at
        try:
            return path, wire.get(path)
        except Missing:
            pass
    return wire.system_path, system


def _body(
    wire: Wire, system: Resource, before: Override, device: str, mode: str | None, persistent: bool
) -> dict[str, str]:
    quirks = wire.quirks
    if device == "none":
        return {
            "BootSourceOverrideEnabled": "Disabled",
            "BootSourceOverrideTarget": quirks.boot_cleared_target,
            **_mode(wire, system, before, None),
        }
    lasting = "Continuous" if persistent else quirks.boot_once
    return {
        "BootSourceOverrideEnabled": lasting,
        "BootSourceOverrideTarget": DEVICES[device],
        **_mode(wire, system, before, mode),
    }


def _mode(wire: Wire, system: Resource, before: Override, mode: str | None) -> dict[str, str]:
    """Some firmware takes writing the same mode again as a change of its boot order: it is left out unless changed."""
    when = wire.quirks.boot_mode
    told = child(system, "Boot").get("BootSourceOverrideMode")
    if when == "always":
        value = _MODES[mode] if mode else str(told or "UEFI")
        return {"BootSourceOverrideMode": value}
    if when == "never" or not mode or before.mode == mode:
        return {}
    return {"BootSourceOverrideMode": _MODES[mode]}


def _is(read: Override, device: str, mode: str | None, persistent: bool, exact: bool = False) -> bool:
    if device == "none":
        return read.device == "none"
    lasting = {"Continuous"} if persistent else {"Once"} if exact else {"Once", "Continuous"}
    return read.device == device and mode in (None, read.mode) and read.lasting in lasting


def _not_set(wire: Wire, wanted: Override, got: Override) -> BootNotSet:
    return BootNotSet(
        f"{wire.name}: the boot device should be {wanted}, but reads {got}",
        hint="a BMC may refuse it during POST: wait, or power the machine off first",
        bmc=wire.name,
        wanted=(wanted.device, wanted.mode, wanted.lasting),
        got=(got.device, got.mode, got.lasting),
    )
