"""`dmidecode` text to sections: a pure parser that the collectors of memory and firmware share.

`sections(text)` gives one dict a structure: its title under "", then `field → value`; a field with a list below it
has the lines joined by newlines. What nobody filled in ("Not Specified", 0123456789 as a serial) is "" from `known`.
"""

from __future__ import annotations

from metalctl.model import placeholders
from metalctl.model.units import UnitError, parse_size

_NUMBERS = frozenset({"Serial Number", "Part Number", "Asset Tag", "SKU Number"})

HANDLE = "Handle"
"""The field of a section with its handle ("0x1007"), by which others refer to it."""
Section = dict[str, str]


def sections(text: str) -> list[Section]:
    """Every structure that has fields, in the order of the table."""
    found: list[Section] = []
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.strip()]
        start = next((i for i, line in enumerate(lines) if line.startswith("Handle ")), None)
        if start is not None and len(lines) > start + 1:
            found.append(
                {**_section(lines[start + 1 :]), HANDLE: lines[start].split(",")[0].removeprefix("Handle ").strip()}
            )
    return found


def _section(lines: list[str]) -> Section:
    section, field = {"": lines[0].strip()}, ""
    for line in lines[1:]:
        if line.startswith("\t\t"):
            section[field] = f"{section.get(field, '')}\n{line.strip()}".strip()
            continue
        field, _, value = line.strip().partition(":")
        section[field] = value.strip()
    return section


def titled(text: str, title: str) -> list[Section]:
    """The structures of one title, such as "Memory Device"."""
    return [s for s in sections(text) if s[""] == title]


def known(section: Section, *fields: str) -> str:
    """The first of the fields that says something, else ""."""
    for field in fields:
        value = section.get(field, "")
        if said := placeholders.number(value) if field in _NUMBERS else placeholders.text(value):
            return said
    return ""


def size(text: str) -> int | None:
    """Bytes of a size as dmidecode prints it ("32 GB" is binary there); None when it states none."""
    number, _, unit = text.partition(" ")
    try:
        stated = parse_size(f"{number} {unit[:1]}iB") if unit and _whole(number) else None
    except UnitError:
        return None
    return stated if stated is not None and stated < 1 << 63 else None


def megatransfers(text: str) -> int | None:
    """MT/s of "3200 MT/s" (older tables say MHz for the same number); None when not stated."""
    number, _, unit = text.partition(" ")
    return int(number) if _whole(number) and unit in ("MT/s", "MHz") and int(number) else None


def _whole(text: str) -> bool:
    """Digits that `int` takes; str.isdigit also takes superscripts, and int no more than 4300 digits."""
    return text.isascii() and text.isdecimal() and len(text) < 10
