"""What ssacli (HPE) tells of the disks behind Smart Array controllers: text of `ssacli ctrl all show config detail`.

Not in Debian: it is asked only where it is installed. A disk is a block that begins with "physicaldrive 1I:1:4", which
is port, box and bay, as printed on the cage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from metalctl.model.inventory import Controller, Disk, DiskHealth
from metalctl.model.units import UnitError, parse_size
from metalctl.node.inspect.host import Host

_PLACES = ("/usr/sbin/ssacli", "/opt/smartstorageadmin/ssacli/bin/ssacli", "/usr/sbin/hpssacli")
_SHOW = ("ctrl", "all", "show", "config", "detail")
_DRIVERS = frozenset({"hpsa", "smartpqi"})
_DRIVE = re.compile(r"physicaldrive (\S{1,40})$")
_STATUS = {"ok": "ok", "failed": "failing", "predictive failure": "failing"}


def collect(host: Host, controllers: Iterable[Controller]) -> list[Disk]:
    """The disks that the tool lists; nothing where there is no such controller or no such tool."""
    if not any(c.driver in _DRIVERS for c in controllers):
        return []
    tool = next((place for place in _PLACES if host.exists(place)), "")
    return parse(host.tool(tool, *_SHOW, fact="raid_disks", timeout=60)) if tool else []


def parse(text: str) -> list[Disk]:
    """Every physical drive once, in the tool's order."""
    found: dict[str, dict[str, str]] = {}
    fields: dict[str, str] | None = None
    depth = 0
    for line in text.splitlines():
        bare, indent = line.strip(), len(line) - len(line.lstrip())
        if match := _DRIVE.fullmatch(bare):
            fields, depth = found.setdefault(match.group(1), {}), indent
        elif bare and indent <= depth:
            fields = None  # the next array, enclosure or controller
        elif fields is not None and ": " in bare:
            name, _, value = bare.partition(": ")
            fields.setdefault(name, value.strip())
    return [_disk(place, told) for place, told in found.items() if told]


def _disk(place: str, told: dict[str, str]) -> Disk:
    interface = told.get("Interface Type", "")
    kind = "nvme" if "NVMe" in interface else "ssd" if "Solid State" in interface else "hdd" if interface else "unknown"
    status = told.get("Status", "").lower()
    named = _STATUS.get(status, "failing" if status.startswith(("failed", "predictive failure")) else "")
    wwn = told.get("WWID", "").lower()
    return Disk(
        name=f"physicaldrive {place}",
        kind=kind,
        size=_size(told.get("Size", "")),
        rotational=None if kind == "unknown" else kind == "hdd",
        serial=told.get("Serial Number", ""),
        wwn=f"0x{wwn}" if re.fullmatch(r"[0-9a-f]{16}", wwn) else "",
        model=" ".join(told.get("Model", "").split()),
        firmware=told.get("Firmware Revision", ""),
        transport="sata" if "SATA" in interface else "sas" if "SAS" in interface else kind if kind == "nvme" else "",
        slot=place,
        health=DiskHealth(status=named) if named else None,
    )


def _size(text: str) -> int | None:
    """Bytes of "300 GB": the maker's decimal units."""
    try:
        return parse_size(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})? [MGT]B", text) else None
    except UnitError:
        return None
