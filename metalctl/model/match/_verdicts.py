"""How a requirement becomes a finding, alike for all parts of a machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache

from metalctl.model.finding import Finding, Fru
from metalctl.model.inventory import Inventory
from metalctl.model.match._lists import reason as reason
from metalctl.model.match._lists import unread
from metalctl.model.profile import Range
from metalctl.model.verdict import Verdict

Format = Callable[[float], str]


def plain(value: float) -> str:
    """A count as a person reads it."""
    return f"{value:g}"


def told(value: float | None, least: float = 0.0) -> float | None:
    """The number where it can be one: NaN, infinity and what is below `least` state nothing."""
    return value if value is not None and math.isfinite(value) and value >= least else None


def above_zero(value: float | None) -> float | None:
    """The same of what a part that is there cannot have none of: lanes, watts, cores."""
    return told(value) or None


def written(bounds: Range, show: Format = plain) -> str:
    """A range as the profile wrote it, with the signs of a book."""
    if bounds.text:
        return signs(bounds.text)
    if bounds.low is not None and bounds.low == bounds.high:
        return show(bounds.low)
    low, high = bounds.low, bounds.high
    if low is not None and high is not None:
        return f"{show(low)}..{show(high)}"
    return f"≥ {show(low)}" if low is not None else f"≤ {show(high or 0)}"


@lru_cache(maxsize=1024)
def signs(text: str) -> str:
    """A bound with the signs of a book."""
    return text.replace(">=", "≥").replace("<=", "≤").strip()


def source_of(inventory: Inventory, fact: str) -> str:
    """Where a fact was read: the side, and what the collector names for the longest path that holds the fact."""
    while fact and inventory.sources:
        if where := inventory.sources.get(fact):
            return f"{inventory.source} {where}"
        fact = fact.rpartition(".")[0]
    return inventory.source


def unknown(
    inventory: Inventory, requirement: str, expected: str, fact: str, part: str = "", frus: Iterable[Fru] = ()
) -> Finding:
    """The fact is not stated: we could not tell."""
    said = reason(inventory, fact)
    why = said or f"the {inventory.source} inventory does not state {fact}"
    act = "mend that and inspect again" if said else _ask(inventory.source, fact)
    return Finding(
        requirement=requirement,
        verdict=Verdict.UNKNOWN,
        expected=expected,
        got="not stated",
        part=part,
        source=source_of(inventory, fact),
        remedy=f"{why}; {act}",
        frus=tuple(frus),
    )


# What a BMC is asked for: the machine itself has no word for it, or only since the last boot.
_OF_THE_BMC = ("manager.", "power_supplies", "settings.")


def _ask(side: str, fact: str) -> str:
    """Whom to ask for a fact that this side is silent of without a reason."""
    if side == "in-band" and fact.startswith(_OF_THE_BMC):
        return "the BMC may: read it too (metalctl inspect NODE --out-of-band)"
    if side == "out-of-band":
        return "the booted machine may: inspect it from inside too (metalctl inspect --local on it, or enroll it)"
    return "mend that and inspect again"


def judged(
    inventory: Inventory,
    requirement: str,
    good: bool,
    expected: str,
    got: str,
    remedy: str,
    part: str = "",
    *,
    fact: str = "",
    frus: Iterable[Fru] = (),
) -> Finding:
    """PASS, or FAIL with the remedy; UNKNOWN instead of PASS where the list that it depends on is not whole.

    fact: what was read, where it is not called as the requirement is.
    """
    where = source_of(inventory, fact or requirement)
    if not good:
        return Finding(requirement, Verdict.FAIL, expected, got, part, where, remedy, frus=tuple(frus))
    if why := unread(inventory, requirement):
        # The parts that were read are not to blame.
        return Finding(requirement, Verdict.UNKNOWN, expected, not_all(got), "", where, mend(why))
    return Finding(requirement, Verdict.PASS, expected, got, part, where)


def not_all(got: str) -> str:
    """What was read, of a list that is not whole."""
    return f"{got}, and not all was read"


def mend(why: str) -> str:
    """What to do about what could not be read."""
    return f"{why}; mend that and inspect again"


def plural(count: int, noun: str) -> str:
    """ "1 port", "2 ports"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
