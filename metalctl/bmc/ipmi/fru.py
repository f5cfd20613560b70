"""FRU inventory bytes to what they say of the part (Platform Management FRU Information Storage Definition 1.0).

A wrong checksum of an area is told in `doubts` and its text is used all the same: many boards leave the factory so, and
one with a wrong serial is found out by comparing it with what the other sources say.
"""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.bmc.errors import BadAnswer
from metalctl.bmc.ipmi.text import ENGLISH, unpack
from metalctl.model import placeholders

HEADER = 8
_AREAS = {"chassis": 2, "board": 3, "product": 4}  # byte of the header with the offset, in units of 8
_FIELDS = {
    "chassis": ("part_number", "serial"),
    "board": ("manufacturer", "product", "serial", "part_number", "file_id"),
    "product": ("manufacturer", "product", "part_number", "version", "serial", "asset_tag", "file_id"),
}
_BEGIN = {"chassis": 3, "board": 6, "product": 3}  # offset of the first field in the area
_NUMBERS = frozenset({"serial", "part_number", "asset_tag"})
_END = 0xC1
_MOST = 64  # fields that an area can plausibly have


@dataclass(frozen=True, slots=True)
class Fru:
    """Area → field → text; an area that is not there is {}. extra: custom fields. doubts: what is odd, as sentences."""

    chassis: dict[str, str]
    board: dict[str, str]
    product: dict[str, str]
    extra: dict[str, str]
    doubts: tuple[str, ...] = ()

    def first(self, *names: str) -> str:
        """The first of these that says something: "product.serial", "board.serial"… What nobody filled in does not."""
        for name in names:
            area, _, field = name.partition(".")
            means = placeholders.number if field in _NUMBERS else placeholders.text
            if text := means(getattr(self, area).get(field, "")):
                return text
        return ""


def parse(data: bytes) -> Fru:
    """What the bytes say; raises BadAnswer when they are no FRU inventory."""
    if len(data) < HEADER or data[0] & 0x0F != 1:
        raise BadAnswer("the FRU inventory has no header", hint="the FRU storage of this board may be empty")
    doubts = [] if sum(data[:HEADER]) % 256 == 0 else ["the header's checksum is wrong"]
    found: dict[str, dict[str, str]] = {}
    extra: dict[str, str] = {}
    for area, at in _AREAS.items():
        found[area] = _area(area, data, data[at] * 8, extra, doubts) if data[at] else {}
    return Fru(found["chassis"], found["board"], found["product"], extra, tuple(doubts))


def extent(data: bytes) -> int:
    """How many bytes must be read to know every area, as far as `data` (what was read so far) tells."""
    if len(data) < HEADER:
        return HEADER
    needed = HEADER
    for at in _AREAS.values():
        if begin := data[at] * 8:
            needed = max(needed, begin + (data[begin + 1] * 8 if len(data) > begin + 1 else 2))
    return needed


def _area(area: str, data: bytes, begin: int, extra: dict[str, str], doubts: list[str]) -> dict[str, str]:
    size = data[begin + 1] * 8 if len(data) > begin + 1 else 0
    block = data[begin : begin + size]
    language = block[2] if len(block) > 2 and area != "chassis" else ENGLISH[0]
    texts, whole = _texts(block, _BEGIN[area], language)
    if size <= _BEGIN[area] or len(block) < size or not whole:
        doubts.append(f"the {area} area is cut off")
    elif sum(block) % 256:
        doubts.append(f"the checksum of the {area} area is wrong")
    names = _FIELDS[area]
    extra.update((f"{area}.{n}", text) for n, text in enumerate(texts[len(names) :], start=1) if text)
    return {name: text for name, text in zip(names, texts, strict=False) if text}


def _texts(block: bytes, at: int, language: int) -> tuple[list[str], bool]:
    """The fields, and whether all of them are in the area: of one that reaches beyond it half would be another text."""
    found: list[str] = []
    while at < len(block) and block[at] != _END and len(found) < _MOST:
        size = block[at] & 0x3F
        if at + 1 + size > len(block):
            return found, False
        found.append(unpack(block[at] >> 6, block[at + 1 : at + 1 + size], language))
        at += 1 + size
    return found, True
