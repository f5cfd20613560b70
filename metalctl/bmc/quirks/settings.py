"""Every setting that a quirk may change, with its default: what a BMC that follows the standard wants.

A setting is here only if code reads it; a test holds us to that. `check` judges the value that a file gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, fields
from typing import Any

from metalctl.bmc.quirks.also import Also, parsed

_RESETS = ("GracefulRestart", "ForceRestart")


@dataclass(frozen=True, slots=True)
class Quirks:
    """The settings that hold for one BMC; `names` are the quirks that apply, the most specific last."""

    # Reading.
    serial_from: str = "SerialNumber"  # the property of the system that is its serial number
    emulated: bool = False  # not real hardware
    distrust: dict[str, str] = field(default_factory=dict)  # facts not to be read → why
    also: list[Also] = field(default_factory=list)  # lists of parts next to the standard's, see also.py

    # Writing in general.
    etag: str = "offered"  # when If-Match is sent: offered, required (else "*"), strong (without W/), never
    busy_lasts: float = 10.0  # seconds for which a write that is answered with 409 or 503 is tried again
    spurious_401: int = 1  # how often a 401 on a credential that worked is asked again
    busy_says: str = "ResourceInUse|ResourceInStandby|ServiceTemporarilyUnavailable"  # message ids that mean: not now
    wait_while: dict[str, str] = field(default_factory=dict)  # property of the system → values that forbid writing
    task_lasts: float = 600.0  # seconds that a task may take

    # Power.
    power_poll: float = 1.0  # seconds between two reads of the power state
    power_reads: int = 2  # equal reads in a row after a command before the power state is believed
    off_settles: float = 0.0  # seconds to wait after power off before the next command
    resets: dict[str, list[str]] = field(default_factory=dict)  # on, off, reset, nmi → ResetTypes to prefer

    # Boot override.
    boot_at: str = ""  # suffix of the system's path where the override is written
    boot_mode: str = "changed"  # when BootSourceOverrideMode is sent: changed, always, never
    boot_once: str = "Once"  # what to ask for when one boot is meant: Once, Continuous
    boot_lasting_counts: bool = False  # a lasting override is left alone when one boot is asked for
    boot_targets: dict[str, list[str]] = field(
        default_factory=dict
    )  # device → targets to prefer, where they are listed
    boot_cleared_target: str = "None"  # the target to name when the override is taken away

    # Virtual media.
    media_leave_out: list[str] = field(default_factory=list)  # properties that InsertMedia must not carry
    media_add: dict[str, str] = field(default_factory=dict)  # properties that InsertMedia must carry
    media_slot: str = ""  # pattern of the ids of the slots that can be used
    media_of: str = "system"  # whose VirtualMedia to take when both have it: system, manager
    media_image_stays: bool = False  # Image keeps its value after eject: believe Inserted only

    # BIOS and secure boot.
    bios_at: str = ""  # suffix of the BIOS path for settings when no SettingsObject is named
    bios_apply: str = "stated"  # when @Redfish.SettingsApplyTime is sent: stated, always, never
    bios_reads: int = 1  # how often empty attributes are read before they count as empty
    bios_reboot: str = "pending"  # when a reboot is needed: pending (values still differ), always

    # Locator, log, clock, reset of the BMC.
    led_of: str = "system"  # whose LED to take first: system, chassis
    led_off: str = "Off"  # the IndicatorLED when nothing is to be located: Off, Lit
    log: str = "(?i)^sel$"  # pattern of the id of the log service that is the event log
    clear_log_with: dict[str, str] = field(default_factory=dict)  # parameters of ClearLog
    bmc_resets: list[str] = field(default_factory=lambda: list(_RESETS))  # ResetTypes of the manager to prefer
    bmc_lingers: float = 30.0  # seconds that the BMC may go on answering after its reset was accepted
    bmc_back: float = 300.0  # seconds until the BMC serves again

    # Accounts.
    account_by: str = "post"  # how an account is made: post, slot (an empty one is filled)
    account_slots_from: int = 1  # the first slot that may be filled
    password_most: int = 0  # characters that a password may have, 0: as the BMC states

    names: tuple[str, ...] = ()


_WORDS = {
    "etag": ("offered", "required", "strong", "never"),
    "boot_mode": ("changed", "always", "never"),
    "boot_once": ("Once", "Continuous"),
    "media_of": ("system", "manager"),
    "bios_apply": ("stated", "always", "never"),
    "bios_reboot": ("pending", "always"),
    "led_of": ("system", "chassis"),
    "led_off": ("Off", "Lit"),
    "account_by": ("post", "slot"),
}
_DEFAULTS = {one.name: getattr(Quirks(), one.name) for one in fields(Quirks) if one.name != "names"}
NAMES = tuple(_DEFAULTS)


def check(name: str, value: Any) -> tuple[Any, str]:
    """The value as the setting has it, and what is wrong with it ("" when it is good): expected, got."""
    default = _DEFAULTS[name]
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    if isinstance(default, bool) and isinstance(value, str) and value.lower() in ("yes", "no", "on", "off"):
        value = value.lower() in ("yes", "on")
    if type(value) is not type(default):
        return value, f"{name} expects {type(default).__name__}, got {value!r}"
    if name == "also":
        return _also(value)
    good, expected = _EXPECTED.get(name) or _EXPECTED.get(type(value), (lambda _: True, ""))
    return value, "" if good(value) else f"{name} expects {expected}, got {value!r}"


def _also(value: list[Any]) -> tuple[list[Also], str]:
    found, wrong = [], ""
    for one in value:
        entry, expected = parsed(one)
        wrong = wrong or (f"also expects {expected}, got {one!r}" if expected else "")
        found += [entry] if entry else []
    return found, wrong if value else "also expects a list of parts, got none"


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return True


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _is_words_of(names: Collection[str]) -> Callable[[dict[str, Any]], bool]:
    return lambda value: set(value) <= set(names) and all(map(_is_words, value.values()))


# What a value must be beside its type, and how that is said: by the setting, else by the type.
_DEVICES = ("pxe", "disk", "cd", "usb", "http", "setup")
_EXPECTED: dict[str | type, tuple[Callable[[Any], bool], str]] = {
    **{name: (words.__contains__, f"one of {', '.join(words)}") for name, words in _WORDS.items()},
    **dict.fromkeys(("busy_says", "media_slot", "log"), (_is_pattern, "a regular expression")),
    "resets": (_is_words_of(("on", "off", "reset", "nmi")), "on, off, reset or nmi, each with a list of ResetTypes"),
    "boot_targets": (_is_words_of(_DEVICES), "pxe, disk, cd, usb, http or setup, each with a list of targets"),
    "wait_while": (lambda value: all(map(_is_pattern, value.values())), "a regular expression for each property"),
    int: (lambda value: 0 <= value < 1e6, "a number of zero or more"),
    float: (lambda value: 0 <= value < 1e6, "a number of zero or more"),
    list: (_is_words, "a list of words"),
    dict: (lambda value: _is_words([*value, *value.values()]), "a text for each name"),
}
