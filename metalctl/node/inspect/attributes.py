"""ATA attributes: what each counts is data (smart.toml), how makers pack it is here. Pure.

A count is read from what smartctl prints of it (raw.string), which its drive database has taken apart, and not from the
48 bits (raw.value). Where something is left over that nobody can read ("0 (12 0)", a number of more than 32 bits), the
count is a doubt: it may be none or thousands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metalctl.node.inspect import tomls, values

_PLAIN = re.compile(r"\d{1,20}")
_REST = re.compile(r"(\d{1,20}) ?\(([^)]*)\)")
_RATIO = re.compile(r"(\d{1,20})/(\d{1,20})")
_WORDS = re.compile(r"(\d{1,5}) (\d{1,5}) (\d{1,5})")
_NONZERO = re.compile(r"[1-9a-fA-F]")
_LARGEST = 1 << 32  # no drive counts so far: there is more than one number in it
_WORD = 1 << 16


@dataclass(frozen=True, slots=True)
class Reading:
    """One attribute that counts something: the count's name (a field of DiskHealth), the attribute's own, its number.

    value: None when it cannot be told, and `doubt` says why.
    """

    count: str
    name: str
    id: int | None
    value: int | None
    doubt: str = ""


def known() -> dict[str, Any]:
    return tomls.table("smart")


def table(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The attributes in smartctl's JSON; [] for a SCSI disk."""
    return values.objects(values.at(data, "ata_smart_attributes", "table"))


def readings(data: dict[str, Any]) -> list[Reading]:
    """Every count that the attributes state, and those of the standard's statistics."""
    found = [r for row in table(data) if (r := _reading(row, _is_flash(data)))]
    return [*found, *_statistics(data)]


def statistic(data: dict[str, Any], name: str) -> int | None:
    """A value of the ATA Device Statistics log; None where the drive does not keep it."""
    for row in _rows(data):
        flags = row.get("flags")
        valid = values.at(flags, "valid") is not False and values.at(flags, "normalized") is not True
        if values.text(row.get("name")) == name and valid:
            return values.whole(row.get("value"))
    return None


def _reading(row: dict[str, Any], flash: bool) -> Reading | None:
    name = values.text(row.get("name"))
    for count, about in known()["counts"].items():
        if name in about["names"] or (flash and name in about.get("flash", ())):
            value, doubt = unpacked(row.get("raw"), words=about.get("words", False))
            why = f"{name} is {doubt}, which is more than one number" if doubt else ""
            return Reading(count, name, values.whole(row.get("id")), value, why)
    return _by_number(row, name)


def _by_number(row: dict[str, Any], name: str) -> Reading | None:
    """An attribute at a number that nearly always counts errors, under a name that is not known."""
    number = values.whole(row.get("id"))
    count = known()["numbers"].get(str(number))
    if count is None or name.startswith("Unknown") or name in known()["another_thing"]["names"]:
        return None
    if values.whole(values.at(row, "raw", "value")) == 0:
        return None
    return Reading(count, name, number, None, f"what attribute {number} counts as {name or '?'} is not known")


def _statistics(data: dict[str, Any]) -> Iterator[Reading]:
    for count, about in known()["counts"].items():
        for name in about.get("statistics", ()):
            if (value := statistic(data, name)) is not None:
                yield Reading(count, name, None, value)


def _rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    pages = values.objects(values.at(data, "ata_device_statistics", "pages"))
    return [row for page in pages for row in values.objects(page.get("table"))]


def _is_flash(data: dict[str, Any]) -> bool:
    """A solid-state drive that the database knows: then its names are not the defaults of hard disks."""
    return values.whole(data.get("rotation_rate")) == 0 and data.get("in_smartctl_database") is not False


def unpacked(raw: Any, *, words: bool = False) -> tuple[int | None, str]:
    """(the count, "") of an attribute's raw value, or (None, the raw value) where nobody can tell.

    words: a number that is too large is three counters of 16 bits, each of which holds the next.
    """
    text, number = values.text(values.at(raw, "string")), values.whole(values.at(raw, "value"))
    if not text or _PLAIN.fullmatch(text):
        value = int(text) if text else number
        return _of_one(value, words) if value is not None else (None, text or str(number))
    told = _taken_apart(text)
    return (None, text) if told is None else _of_one(told)


def _taken_apart(text: str) -> int | None:
    """The count in a text of several numbers whose others say nothing against it."""
    if (rest := _REST.fullmatch(text)) and (int(rest[1]) or not _NONZERO.search(rest[2])):
        return int(rest[1])
    if ratio := _RATIO.fullmatch(text):
        return int(ratio[1])
    three = _WORDS.fullmatch(text)
    return int(three[3]) if three and (int(three[3]) or not (int(three[1]) or int(three[2]))) else None


def _of_one(value: int, words: bool = False) -> tuple[int | None, str]:
    if words and value >= _WORD:
        low, middle, high = (value >> shift & 0xFFFF for shift in (0, 16, 32))
        return (low, "") if low >= middle >= high and value < 1 << 48 else (None, str(value))
    return (value, "") if 0 <= value < _LARGEST else (None, str(value))
