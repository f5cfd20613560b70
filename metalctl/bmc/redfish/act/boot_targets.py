"""Boot devices by the names that BMCs have for them: what is sent is a value that this BMC lists, in its own spelling.

The standard's word comes first, then what is seen besides it ("UsbCd", "CD/DVD", "HDD"), compared by letters alone.
Of what is in no table ("UEFI CD/DVD Drive", "Network Boot", "First Hard Disk") the words in it tell what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from metalctl.bmc.redfish.act.demands import folded
from metalctl.bmc.redfish.schema.body import Resource

DEVICES = {
    "pxe": ("Pxe", "Network", "NetworkPxe", "UefiPxe", "PxeBoot", "LAN"),
    "disk": ("Hdd", "HardDisk", "HardDrive", "Disk", "HD", "LocalHdd", "LocalDisk", "LocalDrive", "SSD"),
    "cd": (
        "Cd",
        "UsbCd",
        "CdDvd",
        "CdRom",
        "Dvd",
        "DvdRom",
        "CdRomDvd",
        "VirtualCd",
        "VirtualCdDvd",
        "UsbCdDvd",
        "VCd",
    ),
    "usb": ("Usb", "UsbDrive", "UsbStick", "UsbKey", "UsbHdd", "UsbDisk", "UsbMemory", "Removable", "RemovableDisk"),
    "setup": ("BiosSetup", "Setup", "Bios", "SystemSetup", "UefiSetup", "BootToSetup"),
    "http": ("UefiHttp", "Http", "HttpBoot", "UefiHttpBoot", "UefiHttps", "Https"),
    "none": ("None", "NoOverride", "Disabled"),
}
# The first whose pattern is found among a target's words; what is fetched or lies elsewhere is none of these.
_KINDS = {
    "": r"i ?scsi|fcoe|remote drive|shell|diag\w*|recovery|utilities|sd ?card|device path|boot next",
    "cd": r"cd|dvd|cd ?roms?|dvd ?roms?|cddvd|optical",
    "http": r"https?",
    "usb": r"usb|removable",
    "pxe": r"pxe|network|lan|nic",
    "disk": r"hdd|hd|hard ?d(?:isk|rive)s?|ssd|nvme",
    "setup": r"setup",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
MODES = {"uefi": ("UEFI", "UefiBoot", "Efi"), "bios": ("Legacy", "Bios", "LegacyBios", "Csm")}


def device_of(target: str) -> str:
    """The device of a BMC's word, or that word in lower case."""
    return _named(target, DEVICES) or _kind(target) or target.lower()


def _kind(target: str) -> str:
    """The device that its words name, "" for none."""
    words = " ".join(_WORD.findall(target)).lower()
    return next((kind for kind, pattern in _KINDS.items() if re.search(rf"\b(?:{pattern})\b", words)), "")


def mode_of(stated: str) -> str:
    """ "uefi" or "bios", "" for any other word."""
    return _named(stated, MODES)


def _named(word: str, table: dict[str, tuple[str, ...]]) -> str:
    return next((name for name, words in table.items() if folded(word) in map(folded, words)), "")


def listed(boots: Iterable[Resource], name: str) -> tuple[str, ...]:
    """The values that the BMC allows for a property, in whichever place and form it lists them; () when it does not."""
    found: list[str] = []
    for boot in boots:
        for place in (f"{name}@Redfish.AllowableValues", name.replace("Target", "Supported")):
            values = boot.get(place)
            found += [one for one in values if isinstance(one, str)] if isinstance(values, list) else []
    return tuple(dict.fromkeys(found))


def target_of(device: str, words: Sequence[str], allowed: Sequence[str]) -> str:
    """The value to send for a device: see `chosen`; else the first allowed one that is of this device; else ""."""
    return chosen(words, allowed) or next((one for one in allowed if device_of(one) == device), "")


def chosen(words: Sequence[str], allowed: Sequence[str]) -> str:
    """The first of our words that is allowed, as the BMC spells it; our first where it lists nothing; else ""."""
    spelt = {folded(one): one for one in reversed(allowed)}
    return next((spelt[folded(word)] for word in words if folded(word) in spelt), "" if allowed else words[0])
