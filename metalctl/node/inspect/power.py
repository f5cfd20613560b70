"""Power supplies as the firmware's table lists them (SMBIOS type 39); many boards list none, and that is said."""

from __future__ import annotations

import re

from metalctl.model.inventory import PowerSupply
from metalctl.node import dmi
from metalctl.node.inspect import tables
from metalctl.node.inspect.host import Host

_WATTS = re.compile(r"(\d{1,6})(?:\.\d+)? W$")


def collect(host: Host) -> tuple[PowerSupply, ...]:
    """Every bay of the table, in its order."""
    table = tables.read(host, "power_supplies")
    found = tuple(supply(s) for s in dmi.titled(table, "System Power Supply"))
    if found:
        host.source("power_supplies", "SMBIOS type 39 (dmidecode)")
    elif table:
        host.unreadable("power_supplies", "the firmware's table lists no power supply: ask the BMC")
    return found


def supply(section: dmi.Section) -> PowerSupply:
    """One structure. `Status` is "Present, OK", "Present, Critical", "Not Present"…; other words are not judged."""
    presence, _, state = section.get("Status", "").partition(",")
    watts = _WATTS.search(section.get("Max Power Capacity", ""))
    return PowerSupply(
        slot=dmi.known(section, "Location", "Name"),
        present={"present": True, "not present": False}.get(presence.strip().lower()),
        health={"ok": "ok", "non-critical": "warning", "critical": "critical"}.get(state.strip().lower(), ""),
        capacity=float(watts.group(1)) if watts else None,
        model=dmi.known(section, "Model Part Number", "Name"),
        serial=dmi.known(section, "Serial Number"),
        part_number=dmi.known(section, "Model Part Number"),
        firmware=dmi.known(section, "Revision"),
    )
