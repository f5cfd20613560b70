"""Requirements that a site defined: parts that are counted, a field of each part, or one fact of the machine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match._verdicts import mend, not_all, plain, reason, source_of, unknown, written
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
    if one.fact:
        yield _of_value(inventory, one, value(inventory, one.fact), one.fact, "")
    elif one.judged:
        yield from _each(inventory, one)
    else:
        yield _count(inventory, one)


def _count(inventory: Inventory, one: SiteRequirement) -> Finding:
    """A list that was not read whole says at least how many there are, and never that they are enough or too few."""
    parts = _meant(inventory, one)
    bounds, why = one.bounds, reason(inventory, one.parts)
    hidden = bool(why) or _unsure(inventory, one) or (inventory.source != "in-band" and not value(inventory, one.parts))
    expected, got = _expected(one), plain(len(parts))
    beyond = bounds is not None and bounds.high is not None and len(parts) > bounds.high
    if hidden and not beyond:
        return unknown(inventory, _name(one), expected, one.parts)
    good = bounds is None or bounds.holds(len(parts))
    labels = "" if good else ", ".join(label(part) for part in parts)
    return _finding(inventory, one, good, got, labels)


def _each(inventory: Inventory, one: SiteRequirement) -> Iterator[Finding]:
    parts, why = _meant(inventory, one), reason(inventory, one.parts)
    judged = [_of_value(inventory, one, value(p, one.judged), f"{one.parts}.{one.judged}", label(p)) for p in parts]
    bad = [f for f in judged if f.verdict is not Verdict.PASS]
    if bad:
        yield from bad
    elif _unsure(inventory, one):
        yield unknown(inventory, _name(one), _expected(one), one.parts)
    elif why or (not parts and inventory.source != "in-band"):
        if parts:
            got = not_all(_together(judged))
            yield Finding(_name(one), Verdict.UNKNOWN, _expected(one), got, "", judged[0].source, mend(why))
        else:
            yield unknown(inventory, _name(one), _expected(one), one.parts)
    elif parts:
        yield _finding(inventory, one, True, _together(judged), ", ".join(f.part for f in judged))
    else:
        got = "no such part is there"
        yield Finding(_name(one), Verdict.SKIP, _expected(one), got, "", source_of(inventory, one.parts))


def _together(found: list[Finding]) -> str:
    return ", ".join(dict.fromkeys(f.got for f in found))


def _of_value(inventory: Inventory, one: SiteRequirement, got: Any, fact: str, part: str) -> Finding:
    if got is None or got == "" or (isinstance(got, float) and not math.isfinite(got)):
        return unknown(inventory, _name(one), _expected(one), fact, part)
    said = str(got).lower() if isinstance(got, bool) else plain(got) if isinstance(got, (int, float)) else str(got)
    good = one.bounds.holds(got) if one.bounds is not None else not one.words or fits(said, one.words)
    return _finding(inventory, one, good, said, part)


def _finding(inventory: Inventory, one: SiteRequirement, good: bool, got: str, part: str) -> Finding:
    verdict, remedy = (Verdict.PASS, "") if good else (Verdict.FAIL, one.remedy)
    where = source_of(inventory, one.fact or one.parts)
    return Finding(_name(one), verdict, _expected(one), got, part, where, remedy)


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


def _name(one: SiteRequirement) -> str:
    return f"site.{one.name}"


def _expected(one: SiteRequirement) -> str:
    return written(one.bounds) if one.bounds is not None else " or ".join(one.words)
