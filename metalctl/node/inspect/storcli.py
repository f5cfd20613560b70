"""What storcli or perccli (Broadcom, Dell) tells of MegaRAID and PERC controllers, the disks and volumes, as JSON.

Not in Debian: it is asked only where it is installed. Two calls for all controllers: `/call/eall/sall show all J` for
the disks, `/call/vall show all J` for the volumes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from metalctl.model.inventory import Controller, Disk, DiskHealth, Volume
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

_PLACES = (
    "/opt/MegaRAID/storcli/storcli64", "/opt/MegaRAID/perccli/perccli64", "/opt/MegaRAID/storcli2/storcli2",
    "/opt/MegaRAID/perccli2/perccli2", "/usr/sbin/storcli64", "/usr/sbin/perccli64", "/usr/sbin/storcli",
    "/usr/local/sbin/storcli64", "/usr/local/sbin/perccli64",
)  # fmt: skip
_VOLUMES = ("/call/vall", "show", "all", "J")
_STATES = {"optl": "ok", "dgrd": "warning", "pdgd": "warning", "rec": "warning", "ofln": "critical"}
_DRIVES = ("/call/eall/sall", "show", "all", "J")
_DRIVE = re.compile(r"Drive (/c(\d+)(?:/e\d+)?/s\d+)")
_VIRTUAL = re.compile(r"/c\d{1,3}/v(\d{1,4})")
_BAD = frozenset({"failed", "ubad", "offln", "msng", "ubunsp"})
_SECTORS = re.compile(r"\[0x([0-9a-fA-F]{1,15}) Sectors\]")
_CELSIUS = re.compile(r"(-?\d{1,3})C")


def collect(host: Host, controllers: Iterable[Controller]) -> list[Disk]:
    """The disks that the tool lists; nothing where there is no such controller or no such tool."""
    return parse(_asked(host, controllers, _DRIVES, "raid_disks"))


def volumes(host: Host, controllers: Iterable[Controller]) -> list[Volume]:
    """The virtual drives that the tool lists, by the kernel's name of each."""
    return parse_volumes(_asked(host, controllers, _VOLUMES, "volumes"))


def _asked(host: Host, controllers: Iterable[Controller], what: tuple[str, ...], fact: str) -> dict[str, Any]:
    if not any(c.driver == "megaraid_sas" for c in controllers):
        return {}
    tool = next((place for place in _PLACES if host.exists(place)), "")
    return values.parsed(host.tool(tool, *what, fact=fact, timeout=60)) if tool else {}


def parse_volumes(data: dict[str, Any]) -> list[Volume]:
    """Every virtual drive that states the kernel's name, in the tool's order; members: "252:0", as of the disks."""
    found = []
    for controller in values.objects(data.get("Controllers")):
        told = controller.get("Response Data")
        for key in told if isinstance(told, dict) else {}:
            if match := _VIRTUAL.fullmatch(key):
                number = match.group(1)
                name = values.text(values.at(told, f"VD{number} Properties", "OS Drive Name"))
                if name.startswith("/dev/"):
                    rows = values.objects(values.at(told, key))
                    found.append(_volume(name, rows, values.at(told, f"PDs for VD {number}")))
    return found


def _volume(name: str, rows: list[dict[str, Any]], members: Any) -> Volume:
    row = rows[0] if rows else {}
    slots = (values.text(m.get("EID:Slt")) for m in values.objects(members))
    return Volume(
        name=name.removeprefix("/dev/"),
        level=values.text(row.get("TYPE")).lower(),
        members=tuple(s for s in slots if s),
        health=_STATES.get(values.text(row.get("State")).lower(), ""),
    )


def parse(data: dict[str, Any]) -> list[Disk]:
    """Every drive of every controller, in the tool's order; slot: "252:3", as the tool writes it (enclosure:slot)."""
    found = []
    for controller in values.objects(data.get("Controllers")):
        told = controller.get("Response Data")
        if not isinstance(told, dict):
            continue
        for key in told:
            if (match := _DRIVE.fullmatch(key)) and (rows := values.objects(told[key])):
                details = told.get(f"{key} - Detailed Information")
                found.append(_disk(match.group(1), rows[0], details if isinstance(details, dict) else {}))
    return found


def _disk(name: str, row: dict[str, Any], details: dict[str, Any]) -> Disk:
    state = details.get(f"Drive {name} State")
    about = details.get(f"Drive {name} Device attributes")
    about = about if isinstance(about, dict) else {}
    interface, medium = values.text(row.get("Intf")), values.text(row.get("Med"))
    kind = "nvme" if interface == "NVMe" else {"HDD": "hdd", "SSD": "ssd"}.get(medium, "unknown")
    wwn = values.text(about.get("WWN")).lower()
    return Disk(
        name=name.removeprefix("/"),
        kind=kind,
        size=_size(values.text(about.get("Raw size"))),
        rotational=None if kind == "unknown" else kind == "hdd",
        serial=values.text(about.get("SN")),
        wwn=f"0x{wwn}" if re.fullmatch(r"[0-9a-f]{16}", wwn) else "",
        model=values.text(about.get("Model Number")) or values.text(row.get("Model")),
        firmware=values.text(about.get("Firmware Revision")),
        transport=interface.lower(),
        slot=values.text(row.get("EID:Slt")).strip(),
        health=_health(values.text(row.get("State")), state if isinstance(state, dict) else {}),
    )


def _health(state: str, told: dict[str, Any]) -> DiskHealth | None:
    """ "ok" needs a state and the disk's own word; a state alone ("Onln") says only that the controller uses it."""
    alert = values.text(told.get("S.M.A.R.T alert flagged by drive")).lower()
    predicted = values.whole(told.get("Predictive Failure Count"))
    bad = state.lower() in _BAD or alert == "yes" or bool(predicted)
    good = bool(state) and alert == "no" and predicted is not None
    celsius = _CELSIUS.search(values.text(told.get("Drive Temperature")))
    health = DiskHealth(
        status="failing" if bad else "ok" if good else "",
        defects=values.whole(told.get("Media Error Count")),
        celsius=float(celsius.group(1)) if celsius else None,
    )
    return None if health == DiskHealth() else health


def _size(text: str) -> int | None:
    """Bytes of "111.790 GB [0xdf94bb0 Sectors]": sectors of 512 bytes, as all of these controllers count them."""
    sectors = _SECTORS.search(text)
    return values.product(int(sectors.group(1), 16), 512) if sectors else None
