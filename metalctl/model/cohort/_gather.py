"""From what the store remembers to cohorts: like is compared with like, and each part counts once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from metalctl.model.cohort._hardware import hardware, missing
from metalctl.model.cohort._rule import Mark, Place, Sense, Spread, judge
from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.verdict import Verdict
from metalctl.model.words import fits

_OWN_NAME = re.compile(r"\bserial (?!\?)\S+|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Past:
    """One finished run as it is remembered. inventory: of the node as it was then; started: ISO 8601 UTC."""

    node: str
    kind: str
    level: str
    started: str
    results: tuple[CheckResult, ...]
    inventory: Inventory | None


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What is equal in a cohort. metric: "check.measurement"; kind, level: of the run; hardware: names and values."""

    metric: str
    unit: str
    kind: str
    level: str
    hardware: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A part of a node and its place; part: as its newest measurement calls it, "" for the whole machine."""

    node: str
    part: str
    place: Place


@dataclass(frozen=True, slots=True)
class Cohort:
    """Equal parts, the worst first."""

    key: Key
    sense: Sense
    spread: Spread
    standings: tuple[Standing, ...]

    @property
    def nodes(self) -> int:
        """How many nodes the parts are in."""
        return len({s.node for s in self.standings})


@dataclass(frozen=True, slots=True, order=True)
class Uncompared:
    """A measurement that belongs to no cohort, and why."""

    metric: str
    node: str
    part: str
    why: str


@dataclass(frozen=True, slots=True)
class _Sample:
    node: str
    part: str
    at: str
    measured: Measurement


_RANK = {mark: number for number, mark in enumerate(Mark)}


def cohorts(pasts: Iterable[Past], metrics: tuple[str, ...] = ("*",)) -> tuple[list[Cohort], list[Uncompared]]:
    """All cohorts by their key, and what was measured and is in none. metrics: patterns of "check.measurement"."""
    members: dict[Key, dict[str, list[_Sample]]] = defaultdict(lambda: defaultdict(list))
    alone: set[Uncompared] = set()
    for past in pasts:
        for result, sides, why in _compared(past):
            for measured in result.measurements:
                metric = f"{result.check}.{measured.name}"
                if not fits(metric, metrics):
                    continue
                if why:
                    alone.add(Uncompared(metric, past.node, result.part, why))
                    continue
                key = Key(metric, measured.unit, past.kind, past.level, sides)
                sample = _Sample(past.node, result.part, result.started or past.started, measured)
                members[key][_identity(past.node, result.part)].append(sample)
    return [_cohort(key, list(parts.values())) for key, parts in sorted(members.items())], sorted(alone)


def _compared(past: Past) -> Iterator[tuple[CheckResult, tuple[tuple[str, str], ...], str]]:
    """Each result that was believed, its fingerprint, and why it has none ("" when it has)."""
    for result in past.results:
        if result.verdict is Verdict.UNKNOWN or not result.measurements:
            continue  # what a check could not tell is no measurement
        if past.inventory is None:
            yield result, (), "no inventory was taken"
            continue
        facts = hardware(past.inventory, result.part, result.component)
        if facts is None:
            yield result, (), "the inventory does not list the part"
        elif gaps := missing(facts):
            yield result, (), f"the inventory does not state: {', '.join(gaps)}"
        else:
            yield result, tuple(facts.items()), ""


def _identity(node: str, part: str) -> str:
    """A part is known by its serial or MAC, wherever it is; without one by its node and name."""
    own = _OWN_NAME.search(part)
    return own[0].lower() if own else f"{node} {part}"


def _cohort(key: Key, parts: list[list[_Sample]]) -> Cohort:
    for samples in parts:
        samples.sort(key=lambda s: s.at)
    sense = _sense(s.measured for samples in parts for s in samples)
    spread, places = judge([[s.measured.value for s in samples] for samples in parts], sense)
    standings = [_standing(samples[-1], place) for samples, place in zip(parts, places, strict=True)]
    return Cohort(key, sense, spread, tuple(sorted(standings, key=_worst_first)))


def _standing(newest: _Sample, place: Place) -> Standing:
    if newest.measured.verdict is Verdict.FAIL:
        place = Place(place.value, place.repeats, Mark.LIMIT, place.deviation, place.z)
    return Standing(newest.node, newest.part, place)


def _worst_first(standing: Standing) -> tuple[int, float, str, str]:
    place = standing.place
    return _RANK[place.mark], -abs(place.deviation or 0.0), standing.node, standing.part


def _sense(measured: Iterable[Measurement]) -> Sense:
    """By the limits that any profile set; where they contradict each other, nobody knows."""
    sides = {(m.at_least is not None, m.at_most is not None) for m in measured} - {(False, False)}
    if len(sides) != 1:
        return Sense.UNKNOWN
    return {(True, False): Sense.HIGH, (False, True): Sense.LOW, (True, True): Sense.EQUAL}[sides.pop()]
