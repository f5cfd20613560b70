"""Whether a disk's own words make it healthy: one judge for match and for the checks on the node. Pure.

A disk is bad when it says so, or counts more errors than the limits let pass; in doubt, when it states nothing, or
something that nobody can read. "passed" alone, with a count beyond its limit, is bad.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metalctl.model.inventory import DiskHealth
from metalctl.model.profile import HealthLimits

FLASH = ("nvme", "ssd")
# Fields of DiskHealth that are held to the limit of the same name, and how a person calls them.
COUNTS = {
    "defects": "reallocated sectors, grown defects or media errors",
    "pending": "pending sectors",
    "offline": "sectors that its own scan could not read",
    "uncorrected": "uncorrected errors",
    "timeouts": "commands not answered in time",
}
# Solid-state drives count resets and power cuts there: whole fleets of good ones have some.
_NOT_OF_FLASH = frozenset({"timeouts"})
_RANK = ("", "ok", "warning", "failing")


def judged(health: DiskHealth | None, limits: HealthLimits, kind: str = "") -> tuple[bool | None, str]:
    """(good, what it says): None when it says nothing, or what it says cannot be read. kind: as of a Disk."""
    if health is None:
        return None, ""
    if wrong := [*own_faults(health), *_beyond(health, limits, kind)]:
        return False, "; ".join(wrong)
    if health.doubts:
        return None, "; ".join(health.doubts)
    return (True, health.status) if health.status == "ok" else (None, "")


def own_faults(health: DiskHealth) -> tuple[str, ...]:
    """What it says itself is wrong, whatever it counts."""
    return health.faults or ((health.status,) if health.status not in ("", "ok") else ())


def doubtful(health: DiskHealth) -> str:
    """Why it cannot be called good, where nothing is known to be wrong; "" when it can."""
    return "; ".join(health.doubts) or ("" if health.status == "ok" else "it does not say whether it is in order")


def _beyond(health: DiskHealth, limits: HealthLimits, kind: str) -> Iterator[str]:
    for name in counted(kind):
        value, bounds = getattr(health, name), getattr(limits, name)
        if value is not None and not bounds.holds(value):
            yield f"{value} {COUNTS[name]}"
    if health.wear is not None and limits.wear is not None and not limits.wear.holds(health.wear / 100):
        yield f"{health.wear:g} % of its rated life used"


def counted(kind: str) -> list[str]:
    """The counts that are judged of a disk of that kind."""
    return [name for name in COUNTS if kind not in FLASH or name not in _NOT_OF_FLASH]


def worse(one: DiskHealth | None, other: DiskHealth | None) -> DiskHealth | None:
    """What two sources say of one disk: of each fact the worse, and what only one of them states."""
    if one is None or other is None:
        return one or other
    numbers = (*COUNTS, "wear", "predicted", "link_errors", "non_medium", "other")
    stated = {n: [v for v in (getattr(one, n), getattr(other, n)) if v is not None] for n in numbers}
    return replace(
        one,
        status=max(one.status, other.status, key=lambda status: _RANK.index(status) if status in _RANK else len(_RANK)),
        faults=tuple(dict.fromkeys((*one.faults, *other.faults))),
        doubts=tuple(dict.fromkeys((*one.doubts, *other.doubts))),
        celsius=one.celsius if one.celsius is not None else other.celsius,
        hours=one.hours if one.hours is not None else other.hours,
        **{name: max(values) for name, values in stated.items() if values},
    )
