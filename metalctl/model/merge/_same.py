"""When two tools' words for one thing are the same: comparators of stated values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from metalctl.model.parts import folded

Same = Callable[[Any, Any], bool]
# Words that one tool writes into a name and another leaves out.
_FILLERS = frozenset(["r", "tm", "cpu", "processor", "with", "inc", "corp", "corporation", "core", "dual", "ghz"])


def exact(a: Any, b: Any) -> bool:
    """Equal values."""
    return bool(a == b)


def text(a: Any, b: Any) -> bool:
    """Equal but for case, spaces and punctuation: words, and MAC addresses however they are separated."""
    return folded(str(a)) == folded(str(b))


def serial(a: Any, b: Any) -> bool:
    """Equal but for leading zeros; one may carry a prefix or a suffix that the other lacks (at least 6 in common)."""
    left, right = folded(str(a)).lstrip("0"), folded(str(b)).lstrip("0")
    shorter, longer = sorted((left, right), key=len)
    return left == right or (len(shorter) >= 6 and (longer.startswith(shorter) or longer.endswith(shorter)))


def version(a: Any, b: Any) -> bool:
    """Both name one version: "22.31.1014 (DEL0000000027)" and "22.31.1014", "A41 v2.42 (01/23/2021)" and "2.42".

    One may leave out the last numbers, as IPMI does of a BMC's ("6.10" of "6.10.30.00"), but not the first two.
    """
    left, right = _versions(str(a)), _versions(str(b))
    if not left or not right:
        # HPE's table has the family alone ("A43"), a drive's revision has no dots.
        ours, theirs = (set(re.findall(r"[a-z0-9.]+", str(v).lower())) for v in (a, b))
        return ours <= theirs or theirs <= ours
    return any(_begins(x, y) or _begins(y, x) for x in left for y in right)


def _versions(text: str) -> list[tuple[str, ...]]:
    """The words that look like versions (a digit and a dot), number by number, without leading zeros."""
    found = (w.removeprefix("v") for w in re.split(r"[^a-z0-9.]+", text.lower()) if "." in w and re.search(r"\d", w))
    return [tuple(n.lstrip("0") or "0" for n in word.strip(".").split(".")) for word in found]


def _begins(whole: tuple[str, ...], start: tuple[str, ...]) -> bool:
    return len(start) >= 2 and whole[: len(start)] == start


def words(a: Any, b: Any) -> bool:
    """The words of one are among the words of the other, fillers aside: names of models."""
    left, right = (_words(str(v)) for v in (a, b))
    return left <= right or right <= left or text(a, b)


def _words(name: str) -> frozenset[str]:
    bare = re.sub(r"@.*|\d+-core", " ", name.lower())
    return frozenset(re.findall(r"[a-z0-9]+", bare)) - _FILLERS


def near(share: float) -> Same:
    """Numbers that differ by at most this share of the larger."""

    def compare(a: Any, b: Any) -> bool:
        try:
            return bool(a == b or abs(a - b) <= share * max(abs(a), abs(b)))
        except OverflowError:  # a whole number beyond all floats: some tool's nonsense, and not equal
            return False

    return compare


def hexadecimal(a: Any, b: Any) -> bool:
    """Equal numbers written in hexadecimal, with or without 0x and zeros: microcode."""
    try:
        return int(str(a), 16) == int(str(b), 16)
    except ValueError:
        return text(a, b)


def unless(silent: frozenset[str], same: Same) -> Same:
    """The same, but words that state nothing agree with anything."""

    def compare(a: Any, b: Any) -> bool:
        return a in silent or b in silent or same(a, b)

    return compare
