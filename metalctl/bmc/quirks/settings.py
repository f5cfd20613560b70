"""Every setting that a quirk may change, with its default: what a BMC that follows the standard wants.

A setting is here only if code reads it; a test holds us to that. `READERS` say what a file may give for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from metalctl.bmc.quirks import also as lists_beside
from metalctl.bmc.quirks.also import Also
from metalctl.content import yaml

Read = Callable[[yaml.Reader, str], Any]
"""Takes the setting of that name out of a file."""
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
    boot_targets: dict[str, list[str]] = field(default_factory=dict)  # device → targets to prefer, where listed
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


def _value(read: Callable[[str], Any], default: Any) -> Read:
    return lambda r, name: r.value(name, read, default)


def _amount(kind: type[int] | type[float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(yaml.number(text, float, "a number of zero or more"))
        if not 0 <= value < 1e6:
            raise yaml.Mismatch("a number of zero or more")
        return value

    return read


def _pattern(text: str) -> str:
    return yaml.regex(text).pattern


def _words_of(*keys: str) -> Read:
    """Some of these keys, each with a list of words."""

    def read(r: yaml.Reader, name: str) -> dict[str, list[str]]:
        inner = r.mapping(name)
        found = {key: list(inner.words(key, yaml.word)) for key in keys}
        inner.done()
        return {key: words for key, words in found.items() if words}

    return read


_BY_TYPE: dict[type, Callable[[Any], Read]] = {
    str: lambda default: _value(yaml.word, default),
    bool: lambda default: _value(yaml.boolean, default),
    int: lambda default: _value(_amount(int), default),
    float: lambda default: _value(_amount(float), default),
    list: lambda _: lambda r, name: list(r.words(name, yaml.word)),
    dict: lambda _: lambda r, name: r.mapping(name).entries(yaml.word, ""),
}
_DEFAULTS = {one.name: getattr(Quirks(), one.name) for one in fields(Quirks) if one.name != "names"}
READERS: dict[str, Read] = {
    **{name: _BY_TYPE[type(default)](default) for name, default in _DEFAULTS.items()},
    **{name: _value(yaml.one_of(*words), words[0]) for name, words in _WORDS.items()},
    **{name: _value(_pattern, "") for name in ("busy_says", "media_slot", "log")},
    "resets": _words_of("on", "off", "reset", "nmi"),
    "boot_targets": _words_of("pxe", "disk", "cd", "usb", "http", "setup"),
    "wait_while": lambda r, name: r.mapping(name).entries(_pattern, ""),
    "also": lambda r, name: [lists_beside.read(one) for one in r.mappings(name, needed=True)],
}
NAMES = tuple(READERS)
