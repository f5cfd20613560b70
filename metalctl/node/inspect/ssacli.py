"""What ssacli (HPE) tells of Smart Array controllers, their disks and volumes: `ssacli ctrl all show config detail`.

Not in Debian: it is asked only where it is installed. A controller is a line at the margin, "… in Slot 0 (Embedded)",
with its PCI address below; bays are named alike behind each. A disk is a block that begins with "physicaldrive 1I:1:4",
which is port, box and bay, as printed on the cage; a volume is one that begins with "Logical Drive: 1".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from metalctl.model.inventory import Controller, Disk, DiskHealth, Volume
from metalctl.model.units import UnitError, parse_size
from metalctl.node.inspect import ssacli_cards, values
from metalctl.node.inspect.host import Host

_PLACES = ("/usr/sbin/ssacli", "/opt/smartstorageadmin/ssacli/bin/ssacli", "/usr/sbin/hpssacli")
_SHOW = ("ctrl", "all", "show", "config", "detail")
_DRIVERS = frozenset({"hpsa", "smartpqi"})
_CARD = re.compile(r"\S.* in Slot \S+.*")
_ARRAY = re.compile(r"Array:? (\S{1,3})$", re.IGNORECASE)
_DRIVE = re.compile(r"physicaldrive (\S{1,40})$")
_LOGICAL = re.compile(r"Logical Drive: (\d{1,4})$")
_ADDRESS = "PCI Address (Domain:Bus:Device.Function)"
_STATUS = {"ok": "ok", "failed": "failing", "predictive failure": "failing"}

Fields = dict[str, str]


def collect(host: Host, controllers: Iterable[Controller]) -> list[Disk]:
    """The disks that the tool lists; nothing where there is no such controller or no such tool."""
    cards = list(controllers)
    sections = _sections(_printed(host, cards, "raid_disks"), cards)
    return [replace(d, controller=pci) for pci, text in sections for d in parse(text)]


def volumes(host: Host, controllers: Iterable[Controller]) -> list[Volume]:
    """The logical drives that the tool lists, by the kernel's name of each."""
    cards = list(controllers)
    sections = _sections(_printed(host, cards, "volumes"), cards)
    return [replace(v, controller=pci) for pci, text in sections for v in parse_volumes(text)]


def judged(host: Host, controllers: Iterable[Controller]) -> list[Controller]:
    """The controllers, those that the tool knows with their health and what is wrong with them."""
    cards = list(controllers)
    told = {pci: _own(text) for pci, text in _sections(_printed(host, cards, "controllers.health"), cards) if pci}
    return [ssacli_cards.judged(c, told[c.pci]) if c.pci in told else c for c in cards]


def _printed(host: Host, controllers: list[Controller], fact: str) -> str:
    if not any(c.driver in _DRIVERS for c in controllers):
        return ""
    tool = next((place for place in _PLACES if host.exists(place)), "")
    return host.once(tool, *_SHOW, fact=fact, timeout=60) if tool else ""


def _sections(text: str, cards: list[Controller]) -> list[tuple[str, str]]:
    """(PCI address, what is said) of each controller; "" where nobody could tell which of several it is."""
    lines = text.splitlines()
    begins = [n for n, line in enumerate(lines) if _CARD.fullmatch(line)] or [0]
    parts = ["\n".join(lines[a:b]) for a, b in pairwise([*begins, len(lines)])]
    known = [c.pci for c in cards if c.driver in _DRIVERS]
    only = known[0] if len(known) == len(parts) == 1 else ""
    stated = (_own(part).get(_ADDRESS, "").lower() for part in parts)
    return [(pci if pci in known else only, part) for pci, part in zip(stated, parts, strict=True)]


def _own(section: str) -> Fields:
    """The controller's own fields: those that are less deep than what hangs on it."""
    lines = [line for line in section.splitlines()[1:] if line.strip()]
    depth = min((_depth(line) for line in lines), default=0)
    pairs = (line.strip().partition(": ") for line in lines if _depth(line) == depth)
    return {name: value.strip() for name, _, value in pairs}


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def parse(text: str) -> list[Disk]:
    """Every physical drive of one controller once (a spare is listed with each array that it serves)."""
    found: dict[str, Fields] = {}
    for _, place, told in _blocks(text, _DRIVE):
        found.setdefault(place, told)
    return [_disk(place, told) for place, told in found.items() if told]


def parse_volumes(text: str) -> list[Volume]:
    """Every logical drive of one controller that states its disk name; members: the array's data drives, by place."""
    drives = list(_blocks(text, _DRIVE))
    found = []
    for array, _, told in _blocks(text, _LOGICAL):
        if (name := told.get("Disk Name", "")).startswith("/dev/"):
            level = told.get("Fault Tolerance", "").replace("+", "")
            data = (p for a, p, d in drives if a == array and a and "data" in d.get("Drive Type", "").lower())
            members, level = tuple(dict.fromkeys(data)), f"raid{level}" if level else ""
            found.append(Volume(name.removeprefix("/dev/"), level, None, members, "", _volume_health(told)))
    return found


def _volume_health(told: Fields) -> str:
    status = told.get("Status", "").lower()
    lost = told.get("Unrecoverable Media Errors", "none").lower() != "none"
    if status in ("", "ok"):
        return "warning" if status and lost else status
    return "critical" if "failed" in status else "warning"


def _blocks(text: str, begins: re.Pattern[str]) -> Iterator[tuple[str, str, Fields]]:
    """(array, what a block's first line names, its fields); a block ends where a line is no deeper than its first."""
    found: list[tuple[str, str, Fields]] = []
    fields: Fields | None = None
    array, depth = "", 0
    for line in text.splitlines():
        bare, indent = line.strip(), _depth(line)
        array = named[1] if (named := _ARRAY.fullmatch(bare)) else "" if bare.lower() == "unassigned" else array
        if match := begins.fullmatch(bare):
            fields, depth = {}, indent
            found.append((array, match.group(1), fields))
        elif bare and indent <= depth:
            fields = None  # the next array, enclosure or controller
        elif fields is not None and ": " in bare:
            name, _, value = bare.partition(": ")
            fields.setdefault(name, value.strip())
    yield from found


def _disk(place: str, told: Fields) -> Disk:
    interface = told.get("Interface Type", "")
    kind = "nvme" if "NVMe" in interface else "ssd" if "Solid State" in interface else "hdd" if interface else "unknown"
    return Disk(
        name=f"physicaldrive {place}",
        kind=kind,
        size=_size(told.get("Size", "")),
        rotational=None if kind == "unknown" else kind == "hdd",
        serial=told.get("Serial Number", ""),
        wwn=values.naa(told.get("WWID", "")),
        model=" ".join(told.get("Model", "").split()),
        firmware=told.get("Firmware Revision", ""),
        transport="sata" if "SATA" in interface else "sas" if "SAS" in interface else kind if kind == "nvme" else "",
        slot=place,
        health=_health(told),
    )


def _health(told: Fields) -> DiskHealth | None:
    status = told.get("Status", "").lower()
    bad = status.startswith(("failed", "predictive failure"))
    faults = [f"its controller calls it {told['Status']}"] if bad else []
    faults += ["it reports that it is worn out"] if told.get("SSD Smart Trip Wearout", "").lower() == "true" else []
    left = values.real(told.get("Usage remaining", "").removesuffix("%"))
    health = DiskHealth(
        status="failing" if faults else _STATUS.get(status, ""),
        wear=round(100 - left, 2) if left is not None and 0 <= left <= 100 else None,
        hours=values.whole(told.get("Power On Hours")),
        celsius=values.real(told.get("Current Temperature (C)")),
        faults=tuple(faults),
    )
    return None if health == DiskHealth() else health


def _size(text: str) -> int | None:
    """Bytes of "300 GB": the maker's decimal units."""
    try:
        return parse_size(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})? [MGT]B", text) else None
    except UnitError:
        return None
