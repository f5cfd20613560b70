"""What remains to be said when all requirements were looked at: the other side's word, waivers, warnings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match._lists import read_in_part, unread
from metalctl.model.profile import Profile
from metalctl.model.verdict import Verdict
from metalctl.model.words import fits

_BAD = (Verdict.FAIL, Verdict.UNKNOWN)
# Disks and ports were chosen from one side's parts: the other side cannot answer for the choice.
_CHOSEN = ("disks.", "network.", "cabling.")
# What is the BMC's to say: the firmware's table may list a power supply that has no power.
_OF_THE_BMC = ("power.", "bmc.")


def both(found: Iterable[Finding], beside: Iterable[Finding], here: Inventory, there: Inventory) -> list[Finding]:
    """The findings with the other side's word. here, there: the inventories of this side and the other.

    What only the other side knows (power supplies, the BMC's clock) is its finding; what both know and this side fails
    carries what the other side says in `source`.
    """
    ours, theirs = _by_requirement(found), _by_requirement(beside)
    settled: list[Finding] = []
    for name, mine in ours.items():
        other = theirs.get(name, [])
        if _other_decides(name, mine, other, here, there):
            settled += [_with_word(f, mine) for f in other]
        else:
            settled += [_with_word(f, other) for f in mine]
    # Only a part that is not in order has this finding: the BMC alone may know of it.
    return settled + [
        f for name, other in theirs.items() if name not in ours and name.endswith(".health") for f in other
    ]


def _other_decides(name: str, mine: list[Finding], other: list[Finding], here: Inventory, there: Inventory) -> bool:
    """Whether the other side's findings stand for ours.

    A list of ours that was read in part says something, and not all: the other side's PASS does not make it whole.
    What is the BMC's to say and it could not read whole is not told by our table of the last boot.
    """
    if not other or name.startswith(_CHOSEN):
        return False
    silent, of_the_bmc = all(f.verdict is Verdict.UNKNOWN for f in mine), name.startswith(_OF_THE_BMC)
    if any(f.verdict is Verdict.UNKNOWN for f in other):
        return of_the_bmc and bool(unread(there, name)) and not any(f.verdict is Verdict.FAIL for f in mine)
    if read_in_part(here, name) and not any(f.verdict is Verdict.FAIL for f in other):
        return of_the_bmc and not silent
    return silent or of_the_bmc


def _by_requirement(found: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        groups[finding.requirement].append(finding)
    return groups


def _with_word(finding: Finding, other: list[Finding]) -> Finding:
    if finding.verdict not in _BAD:
        return finding
    words = [f for f in other if f.verdict not in (Verdict.UNKNOWN, Verdict.SKIP) and f.got]
    same_part = [f for f in words if f.part == finding.part] or words
    if not same_part:
        return finding
    first = same_part[0]
    return replace(finding, source=f"{finding.source}: {finding.got}; {first.source}: {first.got}")


def waived(found: Iterable[Finding], profile: Profile, today: date | None = None) -> tuple[Finding, ...]:
    """The findings with the profile's waivers and warnings. A waiver counts until the end of its `until`."""
    listed = tuple(found)
    if not any(f.verdict in _BAD for f in listed):
        return listed
    day = (today or date.today()).isoformat()
    return _once(tuple(_waived(f, profile, day) if f.verdict in _BAD else f for f in listed))


def _once(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Memory that another finding names part by part is not blamed again; where that one is waived, it is."""
    failed = [f for f in found if f.verdict is Verdict.FAIL and f.blocks]
    return tuple(_explained(f, by) if (by := next((o for o in failed if _names(o, f)), None)) else f for f in found)


def _names(other: Finding, finding: Finding) -> bool:
    """Whether the other one fails the modules, or the empty slots, that this one is about."""
    if finding.verdict is not Verdict.FAIL or not finding.frus:
        return False
    if finding.requirement == "memory.usable":
        return other.requirement == "memory.health" and bool(set(finding.frus) & set(other.frus))
    about = finding.requirement in ("memory.channels", "memory.balanced")
    return about and other.requirement == "memory.total" and set(finding.frus) <= set(other.frus)


def _explained(finding: Finding, by: Finding) -> Finding:
    return replace(finding, verdict=Verdict.SKIP, got=f"not judged: {by.requirement} names the same slots", remedy="")


def _waived(finding: Finding, profile: Profile, day: str) -> Finding:
    if fits(finding.requirement, profile.warnings):
        finding = replace(finding, severity="warning")
    about = [w for w in profile.waivers if fits(finding.requirement, (w.requirement,))]
    valid = next((w for w in about if day <= w.until), None)
    if valid is not None:
        return replace(finding, waiver=valid)
    ended = next((f" (the waiver of {w.who} ended {w.until})" for w in about), "")
    return replace(finding, remedy=f"{finding.remedy}{ended}") if ended else finding
