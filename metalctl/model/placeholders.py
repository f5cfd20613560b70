"""What firmware and BMCs state where nobody burned anything in ("Default string", 0123456789): it says nothing.

The texts and rules are data (placeholders.toml, beside this file), one for the BMC room, the firmware's tables and
identity. Each function gives the text, without blanks around, or "" when it means nothing; none raises.
"""

from __future__ import annotations

import pkgutil
import re
import tomllib
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from metalctl.model import uuids

_MAC = re.compile(r"[0-9a-f]{12}")
_GROUPS = re.compile(r"(.{2,5})\1+")
_LONGEST = 64  # letters of a text that means nothing
_SHORTEST_GROUPS = 10  # characters: a shorter "1212" may be a serial
_PADDED = 6  # characters of a count that zeros may follow
_NO_PORT = (bytes(3), b"\xff" * 3)  # what stands behind a maker's number where no port was given one
_ASCENDING = frozenset({0, 1, 0x11})  # steps from byte to byte in an address that somebody made up
_STRAY = 3  # bytes of a UUID that may differ from all others


@lru_cache(maxsize=8192)  # the machines of a rack say mostly the same words
def text(stated: str) -> str:
    """A name, a model, any text: nothing for "Not Specified", "To Be Filled By O.E.M.", "System Product Name"."""
    plain = " ".join(stated.split())
    folded = _folded(plain)
    data = _data()["text"]
    nothing = not folded or folded in data["words"]
    return "" if nothing or (len(folded) <= _LONGEST and any(k.fullmatch(folded) for k in data["kinds"])) else plain


@lru_cache(maxsize=8192)
def number(stated: str) -> str:
    """A serial number, part number or tag: also nothing for 0123456789, 00000000, SYS-1234567890, A1_SerNum0."""
    plain = text(stated)
    folded = _folded(plain).removeprefix("0x") or "0"
    data = _data()["number"]
    nothing = folded in data["words"] or _repeated(folded) or any(_counted(one) for one in _bare(folded))
    return "" if nothing else plain


def uuid(stated: str) -> str:
    """A UUID in lower case with dashes; also nothing for what is none. In whichever byte order it is told."""
    plain = uuids.written(stated)
    return "" if not plain or not _data()["uuid"].isdisjoint(uuids.orders(plain)) or _made_up(plain) else plain


def mac(stated: str) -> str:
    """The address of one port, lower case with colons; nothing for a group's, a default's or one that many share."""
    digits = re.sub(r"[:.\s-]", "", stated.lower())
    if not _MAC.fullmatch(digits):
        return ""
    raw = bytes.fromhex(digits)
    nobodys = bool(raw[0] & 1) or raw[3:] in _NO_PORT or (len(steps := _steps(raw)) == 1 and steps <= _ASCENDING)
    told = raw.hex(":")
    return "" if nobodys or told in _data()["mac"] else told


def _folded(stated: str) -> str:
    return "".join(c for c in stated.lower() if c.isalnum())


def _repeated(folded: str) -> bool:
    """One character over and over, or a group of a few."""
    if len(folded) < 2:
        return folded == "0"
    return len(set(folded)) == 1 or (len(folded) >= _SHORTEST_GROUPS and _GROUPS.fullmatch(folded) is not None)


def _bare(folded: str) -> list[str]:
    """The text after each of the words that may stand before a count."""
    return [folded.removeprefix(word) for word in _data()["number"]["before"] if folded.startswith(word)]


def _counted(folded: str) -> bool:
    padded = folded.rstrip("0") if len(folded.rstrip("0")) >= _PADDED else folded
    return any(_is_count(one) for one in {folded, padded, folded[::-1], padded[::-1]})


def _is_count(folded: str) -> bool:
    """Whether it is made of beginnings of what is counted, each of at least `run` characters."""
    data = _data()["number"]
    while folded:
        begun = max(_in_common(folded, count) for count in data["counted"])
        if begun < data["run"]:
            return False
        folded = folded[begun:]
        if not folded:
            return True
    return False


def _in_common(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _made_up(plain: str) -> bool:
    digits = plain.replace("-", "")
    raw = bytes.fromhex(digits)
    alike = max(raw.count(byte) for byte in set(raw)) >= len(raw) - _STRAY
    told = (bytes.fromhex(one.replace("-", "")) for one in uuids.orders(plain))
    one_a_group = all(len(set(group)) == 1 for group in plain.split("-"))
    return alike or one_a_group or _counted(digits) or any(len(_steps(one)) == 1 for one in told)


def _steps(raw: bytes) -> set[int]:
    """The differences from byte to byte."""
    return {(b - a) % 256 for a, b in pairwise(raw)}


@cache
def _data() -> dict[str, Any]:
    """The file, ready to be asked."""
    raw = tomllib.loads((pkgutil.get_data("metalctl.model", "placeholders.toml") or b"").decode())
    words = raw["text"]
    lists = {name: "|".join(words[name]) for name in ("absent", "what", "filler", "thing", "field")}
    kinds = [re.compile(_filled(kind, lists)) for kind in words["kinds"]]
    return {
        "text": {"words": frozenset(words["words"]), "kinds": kinds},
        "number": raw["number"] | {"words": frozenset(raw["number"]["words"])},
        "uuid": frozenset(raw["uuid"]["values"]),
        "mac": frozenset(raw["mac"]["values"]),
    }


def _filled(kind: str, lists: dict[str, str]) -> str:
    for name, words in lists.items():
        kind = kind.replace(f"{{{name}}}", words)
    return kind
