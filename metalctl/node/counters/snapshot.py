"""Snapshots of counters and their difference: pure data."""

from __future__ import annotations

from dataclasses import dataclass, field

_NO_FAULT = ("", "pcie-corrected", "previous-boot")


@dataclass(frozen=True, slots=True, order=True)
class Counter:
    """Which counter: the part that it is of, and its name. serious: a rise is a fault of the part.

    gauge: it says how many there are now (pending sectors, warnings that stand) and may fall; it was not reset then.
    kind: of metalctl.model.watch.KINDS, by which it is judged, "" when it has no limit of its own. event: it is made of
    entries in a log, so it is not there before the first.
    """

    part: str
    name: str
    serious: bool = True
    gauge: bool = field(default=False, compare=False)
    kind: str = field(default="", compare=False)
    event: bool = field(default=False, compare=False)


def logged(part: str, source: str, what: str, kind: str, *, old: bool = False) -> Counter:
    """The counter of a log's entries of one sort. old: older than the profile asks, so told and not judged.

    Corrected PCIe errors and what the boot before left are no fault by themselves: the profile may limit them.
    """
    name = f"{source}: {what}{', older than the profile asks' if old else ''}"
    return Counter(part, name, not old and kind not in _NO_FAULT, kind="" if old else kind, event=True)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """values: counter → count now. unreadable: what could not be read → why.

    sources: each source that was asked → "" when it could be read, else why not; "sel:memory" is of its memory alone.
    """

    values: dict[Counter, int] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def __add__(self, other: Snapshot) -> Snapshot:
        return Snapshot(
            {**self.values, **other.values},
            {**self.unreadable, **other.unreadable},
            {**self.sources, **other.sources},
        )


@dataclass(frozen=True, slots=True)
class Rise:
    """A counter that grew."""

    counter: Counter
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.counter.name} rose from {self.before} to {self.after}"


def rises(before: Snapshot, after: Snapshot) -> list[Rise]:
    """Counters that grew, worst first. One that shrank was reset: then what it holds now is the rise; a gauge fell."""
    found = []
    for counter, now in sorted(after.values.items()):
        then = before.values.get(counter, 0 if counter.event else None)
        if then is not None and now != then and not (counter.gauge and now < then):
            base = then if now > then else 0
            found += [Rise(counter, base, now)] if now > base else []
    return sorted(found, key=lambda r: not r.counter.serious)


def lost(before: Snapshot, after: Snapshot) -> list[str]:
    """Parts that could be read before and cannot be read after: a disk that fell off, a port that vanished."""
    return sorted({c.part for c in before.values if not c.event} - {c.part for c in after.values})
