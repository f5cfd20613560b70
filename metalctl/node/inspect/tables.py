"""The firmware's tables (SMBIOS), read by one run of dmidecode that every collector shares."""

from __future__ import annotations

from metalctl.node import dmi
from metalctl.node.inspect.host import Host

# 0 BIOS, 4 processors, 9 slots, 16 and 17 memory, 39 power supplies.
COMMAND = ("dmidecode", "-t", "0,4,9,16,17,39")


def read(host: Host, fact: str = "") -> str:
    """dmidecode's text, "" when it cannot be read; `fact`, when given, is then unreadable."""
    return host.once(*COMMAND, fact=fact)


def titled(host: Host, title: str) -> list[dmi.Section]:
    """The structures of one title, such as "Processor Information"; [] also when nothing can be read."""
    return dmi.titled(read(host), title)


def slots(host: Host) -> dict[str, str]:
    """PCI address without its function ("0000:3b:00") → the slot's name as printed on the board."""
    found = {}
    for section in titled(host, "System Slot Information"):
        address, name = section.get("Bus Address", ""), dmi.known(section, "Designation")
        if "." in address and name:
            found[address.lower().rpartition(".")[0]] = name
    return found
