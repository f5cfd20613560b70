"""What counters say of the parts: above the limit before the run, risen during it, or only worth a note."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metalctl.model.watch import Limit, Watch
from metalctl.node.counters.snapshot import Counter, Rise, Snapshot, rises

_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Stood:
    """Errors that a counter held when the run began, more than are let pass. allowed: how many are."""

    counter: Counter
    count: int
    allowed: float

    def __str__(self) -> str:
        limit = "none is" if self.allowed < 1 else f"{self.allowed:g} are"
        return f"{self.counter.name} stood at {self.count} before the run, where {limit} let pass"


def stood(before: Snapshot, watch: Watch, uptime: float) -> list[Stood]:
    """What is above its limit at the start. uptime: seconds; limits are for a day, and a shorter time counts as one."""
    found = []
    for counter, count in sorted(before.values.items()):
        limit = watch.limits.get(counter.kind, Limit()).before
        if limit is not None and count > (allowed := limit * max(1.0, uptime / _DAY)):
            found.append(Stood(counter, count, round(allowed, 1)))
    return found


def serious(moved: list[Rise], watch: Watch) -> list[Rise]:
    """Rises that are a fault of the part: beyond the limit of their kind, or any where the kind has none."""
    return [rise for rise in moved if _beyond(rise, watch)]


def _beyond(rise: Rise, watch: Watch) -> bool:
    limit = watch.limits.get(rise.counter.kind, Limit()).rise
    return rise.counter.serious if limit is None else rise.after - rise.before > limit


def noted(before: Snapshot, after: Snapshot, watch: Watch, uptime: float) -> Iterator[str]:
    """What is let pass and still worth a line: errors of a kind before the run, and rises that are no fault."""
    above = {one.counter for one in stood(before, watch, uptime)}
    for counter, count in sorted(before.values.items()):
        if count and (counter.kind or counter.event) and counter not in above:
            yield f"{counter.part}: {counter.name} stood at {count} before the run"
    for rise in rises(before, after):
        if not _beyond(rise, watch):
            yield f"{rise.counter.part}: {rise}"
