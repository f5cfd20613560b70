"""Requirements that a site defined: parts that are counted, a field of each part, or one fact of the machine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match._asked import Asked
from metalctl.model.match._words import fixed, not_all, plain, written
from metalctl.model.profile import SiteRequirement
from metalctl.model.verdict import Verdict
from metalctl.model.words import fits


def findings(inventory: Inventory, wanted: tuple[SiteRequirement, ...], beside: Inventory | None) -> Iterator[Finding]:
    """One finding a requirement, or one a part that is wrong. beside: answers where this side states nothing."""
    for one in wanted:
        found = list(_judged(inventory, one))
        silent = all(f.verdict is Verdict.UNKNOWN for f in found) and not _listed(inventory, one)
        yield from _judged(beside, one) if beside is not None and silent else found


def _listed(inventory: Inventory, one: SiteRequirement) -> bool:
    """Whether this side lists parts: what it lists in part is not made whole by the other side."""
    return bool(one.parts and value(inventory, one.parts))


def _judged(inventory: Inventory, one: SiteRequirement) -> Iterator[Finding]:
    expected = written(one.bounds) if one.bounds is not None else " or ".join(one.words)
    asked = Asked(inventory, f"site.{one.name}", expected, one.fact or one.parts)
    if one.fact:
        yield _of_value(asked, one, value(inventory, one.fact))
    elif one.judged:
        yield from _each(asked, one)
    else:
        yield _count(asked, one)


def _hidden(asked: Asked, one: SiteRequirement) -> bool:
    """Whether parts may be meant that are not among those that are: the list was not read whole, or does not say so."""
    empty = not value(asked.inventory, one.parts)
    return bool(asked.why) or _unsure(asked.inventory, one) or (asked.inventory.source != "in-band" and empty)


def _count(asked: Asked, one: SiteRequirement) -> Finding:
    """A list that was not read whole says at least how many there are, and never that they are enough or too few."""
    parts, bounds = _meant(asked.inventory, one), one.bounds
    beyond = bounds is not None and bounds.high is not None and len(parts) > bounds.high
    if _hidden(asked, one) and not beyond:
        return asked.unknown()
    good = bounds is None or bounds.holds(len(parts))
    return asked.judged(good, plain(len(parts)), one.remedy, "" if good else ", ".join(map(label, parts)))


def _each(asked: Asked, one: SiteRequirement) -> Iterator[Finding]:
    parts, why = _meant(asked.inventory, one), asked.why
    fact = f"{one.parts}.{one.judged}"
    judged = [_of_value(asked, one, value(p, one.judged), fact, label(p)) for p in parts]
    bad = [f for f in judged if f.verdict is not Verdict.PASS]
    together = ", ".join(dict.fromkeys(f.got for f in judged))
    if bad:
        yield from bad
    elif _unsure(asked.inventory, one):
        yield asked.unknown()
    elif parts and why:
        yield asked.unsure(not_all(together), fixed(why))
    elif parts:
        yield asked.judged(True, together, "", ", ".join(f.part for f in judged))
    elif why or asked.inventory.source != "in-band":
        yield asked.unknown()
    else:
        yield asked.skipped("no such part is there")


def _of_value(asked: Asked, one: SiteRequirement, got: Any, fact: str = "", part: str = "") -> Finding:
    if got is None or got == "" or (isinstance(got, float) and not math.isfinite(got)):
        return asked.unknown(part, fact=fact)
    said = str(got).lower() if isinstance(got, bool) else plain(got) if isinstance(got, (int, float)) else str(got)
    good = one.bounds.holds(got) if one.bounds is not None else not one.words or fits(said, one.words)
    return asked.judged(good, said, one.remedy, part)


def _meant(inventory: Inventory, one: SiteRequirement) -> list[Any]:
    """The parts that fit every pattern of `where`."""
    parts = value(inventory, one.parts) or ()
    return [p for p in parts if all(fits(str(value(p, name) or ""), (like,)) for name, like in one.where.items())]


def _unsure(inventory: Inventory, one: SiteRequirement) -> bool:
    """Whether a part may be meant and does not say so: all that it states fits `where`, and not all is stated.

    In-band the kind of a PCIe device is always known (its class): "" is another kind.
    """
    known = {"kind"} if inventory.source == "in-band" else set()
    for part in value(inventory, one.parts) or ():
        stated = {name: str(value(part, name) or "") for name in one.where}
        open_ = {name for name, text in stated.items() if not text and one.where[name] != "*"} - known
        if open_ and all(fits(stated[name], (like,)) for name, like in one.where.items() if name not in open_):
            return True
    return False


def value(thing: Any, path: str) -> Any:
    """What stands at a dotted path; None where a step of it is not stated."""
    for name in path.split("."):
        thing = getattr(thing, name, None)
    return thing


def label(part: Any) -> str:
    """How a person finds the part: its label, else its slot, name or address."""
    stated = (getattr(part, name, "") for name in ("label", "slot", "name", "address", "serial"))
    return next((str(text) for text in stated if text), "?")
