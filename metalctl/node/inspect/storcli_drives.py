"""Drives in the JSON of storcli and perccli: `/cX/eall/sall show all J`, in the form of either generation. Pure.

First:  "Drive /c0/e2/s3": [row], "Drive /c0/e2/s3 - Detailed Information": {"… State": {}, "… Device attributes": {}}
Second: "Drives List": [{"Drive Information": row, "Drive Detailed Information": {…, "LU/NS Properties": {counts}}}]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from metalctl.model.inventory import Disk, DiskHealth
from metalctl.node.inspect import values

_DRIVE = re.compile(r"Drive (/c(\d+)(?:/e\d+)?/s\d+)")
# Of a drive that the controller has given up, or that predicts its failure (State and Status).
_BAD = frozenset(
    ("failed", "fail", "bad", "ubad", "offln", "offline", "msng", "missing", "ubunsp", "degraded", "unusable",
     "predictive failure", "replace")
)  # fmt: skip
_SECTORS = re.compile(r"\[0x([0-9a-fA-F]{1,15}) Sectors\]")
_CELSIUS = re.compile(r"(-?\d{1,3}) ?C?\b")
_LIFE_LEFT = re.compile(r"(life|endurance).*(left|remain)", re.IGNORECASE)
_PER_CENT = re.compile(r"(\d{1,3})(\.\d+)? ?%?")
_COUNTS = ("Media Error Count", "Other Error Count", "Predictive Failure Count")
_ALERT = "S.M.A.R.T alert flagged by drive"

Part = dict[str, Any]


def parse(told: Part, index: str, controller: str) -> list[Disk]:
    """Every drive of one controller, in the tool's order; slot: "252:3", as the tool writes it (enclosure:slot).

    index: the tool's number of the controller; controller: its PCI address.
    """
    return [_disk(*one, controller) for one in (*_first(told), *_second(told, index))]


def listed(told: Part, index: str, controller: str) -> list[Disk]:
    """The same of the short list in `/cX show all J`, which has no serial numbers."""
    rows = values.objects(told.get("PD LIST"))
    return [_disk(_name(index, row), row, {}, {}, controller) for row in rows if _slot(row)]


def _first(told: Part) -> Iterator[tuple[str, Part, Part, Part]]:
    """(name, row, attributes, counts) of each drive."""
    for key in told:
        if (match := _DRIVE.fullmatch(key)) and (rows := values.objects(told[key])):
            more = told.get(f"{key} - Detailed Information")
            name = match[1]
            about, state = (values.at(more, f"Drive {name} {what}") for what in ("Device attributes", "State"))
            yield name.removeprefix("/"), rows[0], values.part(about), values.part(state)


def _second(told: Part, index: str) -> Iterator[tuple[str, Part, Part, Part]]:
    for one in values.objects(told.get("Drives List")):
        row, about = values.part(one.get("Drive Information")), values.part(one.get("Drive Detailed Information"))
        if _slot(row):
            yield _name(index, row), row, about, _summed(values.objects(about.get("LU/NS Properties")) or [about])


def _summed(units: list[Part]) -> Part:
    """The counts of a drive over its logical units."""
    stated = {name: [n for u in units if (n := values.whole(u.get(name))) is not None] for name in _COUNTS}
    return {_ALERT: next((u[_ALERT] for u in units if _ALERT in u), None)} | {
        name: sum(counts) for name, counts in stated.items() if counts
    }


def _slot(row: Part) -> str:
    return values.text(row.get("EID:Slt")).replace(" ", "")


def _name(index: str, row: Part) -> str:
    """ "c0/e252/s3", as the first generation calls it; without enclosure "c0/s3"."""
    enclosure, _, slot = _slot(row).rpartition(":")
    return f"c{index}/e{enclosure}/s{slot}" if enclosure else f"c{index}/s{slot}"


def _disk(name: str, row: Part, about: Part, state: Part, controller: str) -> Disk:
    interface, medium = values.text(row.get("Intf")), values.text(row.get("Med"))
    kind = "nvme" if interface == "NVMe" else {"HDD": "hdd", "SSD": "ssd"}.get(medium, "unknown")
    return Disk(
        name=name,
        kind=kind,
        size=_size(values.first(about, "Raw size")),
        rotational=None if kind == "unknown" else kind == "hdd",
        serial=values.first(about, "SN", "Serial Number"),
        wwn=values.naa(values.text(about.get("WWN"))),
        model=values.first(about, "Model Number", "Model") or values.text(row.get("Model")),
        firmware=values.first(about, "Firmware Revision", "Firmware Revision Level"),
        transport=interface.lower(),
        slot=_slot(row),
        health=_health(row, about, state),
        controller=controller,
    )


def _health(row: Part, about: Part, state: Part) -> DiskHealth | None:
    """ "ok" needs a state and the disk's own word; a state alone ("Onln") says only that the controller uses it."""
    words = [w for w in (values.text(row.get("State")), values.text(row.get("Status"))) if w]
    alert = values.text(state.get(_ALERT)).lower()
    media, other, predicted = (values.whole(state.get(name)) for name in _COUNTS)
    faults = [f"its controller calls it {word}" for word in words if word.lower() in _BAD]
    faults += ["it flagged a S.M.A.R.T. alert"] * (alert == "yes")
    faults += [f"it predicted its failure {predicted} times"] * bool(predicted)
    good = bool(words) and alert in ("no", "") and None not in (media, other, predicted)
    health = DiskHealth(
        status="failing" if faults else "ok" if good else "",
        wear=_wear(about | state),
        celsius=_celsius(values.first(state, "Drive Temperature"), about.get("Temperature(C)")),
        uncorrected=media,
        predicted=predicted,
        other=other,
        faults=tuple(faults),
    )
    return None if health == DiskHealth() else health


def _wear(told: Part) -> float | None:
    """Per cent of its life that is used, where the tool states what is left in per cent."""
    for name, value in told.items():
        text = values.text(value) or str(values.whole(value))
        if _LIFE_LEFT.search(name) and (match := _PER_CENT.fullmatch(text)) and ("%" in text or "%" in name):
            return 100 - float(match[1]) if float(match[1]) <= 100 else None
    return None


def _celsius(text: str, number: Any) -> float | None:
    found = _CELSIUS.match(text)
    return float(found[1]) if found else values.real(number)


def _size(text: str) -> int | None:
    """Bytes of "111.790 GB [0xdf94bb0 Sectors]": sectors of 512 bytes, as all of these controllers count them."""
    sectors = _SECTORS.search(text)
    return values.product(int(sectors.group(1), 16), 512) if sectors else None
