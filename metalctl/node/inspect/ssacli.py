"""What ssacli (HPE) tells of Smart Array controllers, their disks and volumes: `ssacli ctrl all show config detail`.

Not in Debian: it is asked only where it is installed. A disk is a block that begins with "physicaldrive 1I:1:4", which
is port, box and bay, as printed on the cage; a volume is one that begins with "Logical Drive: 1".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from metalctl.model.inventory import Controller, Disk, DiskHealth, Volume
from metalctl.model.units import UnitError, parse_size
from metalctl.node.inspect.host import Host

_PLACES = ("/usr/sbin/ssacli", "/opt/smartstorageadmin/ssacli/bin/ssacli", "/usr/sbin/hpssacli")
_SHOW = ("ctrl", "all", "show", "config", "detail")
_DRIVERS = frozenset({"hpsa", "smartpqi"})
_DRIVE = re.compile(r"physicaldrive (\S{1,40})$")
_LOGICAL = re.compile(r"Logical Drive: (\d{1,4})$")
_STATUS = {"ok": "ok", "failed": "failing", "predictive failure": "failing"}


def collect(host: Host, controllers: Iterable[Controller]) -> list[Disk]:
    """The disks that the tool lists; nothing where there is no such controller or no such tool."""
    return parse(_printed(host, controllers, "raid_disks"))


def volumes(host: Host, controllers: Iterable[Controller]) -> list[Volume]:
    """The logical drives that the tool lists, by the kernel's name of each."""
    return parse_volumes(_printed(host, controllers, "volumes"))


def _printed(host: Host, controllers: Iterable[Controller], fact: str) -> str:
    if not any(c.driver in _DRIVERS for c in controllers):
        return ""
    tool = next((place for place in _PLACES if host.exists(place)), "")
    return host.once(tool, *_SHOW, fact=fact, timeout=60) if tool else ""


def parse(text: str) -> list[Disk]:
    """Every physical drive once (a spare is listed with each array that it serves), in the tool's order."""
    found: dict[str, dict[str, str]] = {}
    for place, told in _blocks(text, _DRIVE):
        found.setdefault(place, told)
    return [_disk(place, told) for place, told in found.items() if told]


def parse_volumes(text: str) -> list[Volume]:
    """Every logical drive that states its disk name, in the tool's order."""
    found = []
    for _, told in _blocks(text, _LOGICAL):
        if (name := told.get("Disk Name", "")).startswith("/dev/"):
            level, status = told.get("Fault Tolerance", "").replace("+", ""), told.get("Status", "").lower()
            health = "ok" if status == "ok" else "critical" if "failed" in status else "warning" if status else ""
            found.append(Volume(name.removeprefix("/dev/"), f"raid{level}" if level else "", health=health))
    return found


def _blocks(text: str, begins: re.Pattern[str]) -> list[tuple[str, dict[str, str]]]:
    """(what a block's first line names, its fields); a block ends where a line is no deeper than its first."""
    found: list[tuple[str, dict[str, str]]] = []
    fields: dict[str, str] | None = None
    depth = 0
    for line in text.splitlines():
        bare, indent = line.strip(), len(line) - len(line.lstrip())
        if match := begins.fullmatch(bare):
            fields, depth = {}, indent
            found.append((match.group(1), fields))
        elif bare and indent <= depth:
            fields = None  # the next array, enclosure or controller
        elif fields is not None and ": " in bare:
            name, _, value = bare.partition(": ")
            fields.setdefault(name, value.strip())
    return found


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
