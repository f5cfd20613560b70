"""Cohorts as text of 80 columns and as JSON."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from metalctl.cli._layout import fold, paint, table
from metalctl.model.cohort import REPEATS, Cohort, Mark, Standing, Uncompared
from metalctl.model.units import format_quantity
from metalctl.model.verdict import Verdict

_COLOURS = {Verdict.FAIL: "red", Verdict.UNKNOWN: "yellow"}
_ORDINARY = (Mark.WITHIN, Mark.ABSOLUTE)
_SHOWN = 3  # nodes in a cell
_BINS, _BAR = 9, 40
_ADVICE = {
    Mark.OUTLIER: "compare it with its neighbours: slot, cable, cooling, settings; else replace it",
    Mark.LIMIT: "see the finding: metalctl show NODE",
    Mark.GROUP: "more than a quarter stands apart: find what these have in common",
    Mark.AGAIN: f"{REPEATS} measurements are needed: run the check again",
    Mark.UNSURE: "the parts differ too much to judge this one: measure more nodes",
}


def overview(found: Sequence[Cohort]) -> list[str]:
    """One row a cohort."""
    rows = [(c.key.metric, str(c.spread.parts), _median(c), _percent(c.spread.mad), _apart(c)) for c in found]
    return table(("metric", "parts", "median", "MAD", "stands apart"), rows)


def details(found: Sequence[Cohort], everything: bool) -> list[str]:
    """Each cohort: what is equal, the distribution, and the parts that stand apart (or all)."""
    lines: list[str] = []
    for cohort in found:
        lines += ["", *_heading(cohort), *_histogram(cohort)]
        listed = [s for s in cohort.standings if everything or s.place.mark not in _ORDINARY]
        lines += [line for s in listed for line in _part(cohort, s)]
        advice = dict.fromkeys(_ADVICE[s.place.mark] for s in listed if s.place.mark in _ADVICE)
        lines += [line for text in advice for line in fold(text, "  → ")]
        if not listed:
            lines.append("  no part stands apart" if not cohort.spread.absolute else "  no part was compared")
    return lines[1:]


def uncompared(alone: Sequence[Uncompared]) -> list[str]:
    """What is in no cohort, once for each reason."""
    reasons: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in alone:
        reasons[one.why].add((one.node, one.part))
    told = []
    for why, parts in sorted(reasons.items()):
        names = sorted({node for node, _ in parts})
        told += fold(f"not compared: {len(parts)} {_plural('part', len(parts))} of {_names(names)}: {why}", others="  ")
    return ["", *told] if told else []


def as_json(found: Sequence[Cohort], alone: Sequence[Uncompared]) -> dict[str, Any]:
    """For programs; a value that is none is null."""
    return {"cohorts": [_cohort(c) for c in found], "not_compared": [_fields(u) for u in alone]}


def _cohort(cohort: Cohort) -> dict[str, Any]:
    key, spread = cohort.key, cohort.spread
    return {
        "metric": key.metric, "unit": key.unit, "kind": key.kind, "level": key.level, "hardware": dict(key.hardware),
        "sense": str(cohort.sense), "nodes": cohort.nodes, **_fields(spread),
        "standings": [
            {"node": s.node, "part": s.part, **_fields(s.place), "mark": str(s.place.mark),
             "verdict": str(s.place.mark.verdict)} for s in cohort.standings
        ],
    }  # fmt: skip


def _fields(value: Any) -> dict[str, Any]:
    from metalctl.model.codec import encode

    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in encode(value).items()}


def _heading(cohort: Cohort) -> list[str]:
    key, spread = cohort.key, cohort.spread
    facts = [f"{name} {value}" for name, value in key.hardware if value and (name, value) != ("emulated", "no")]
    counted = f"{spread.parts} {_plural('part', spread.parts)} of {cohort.nodes} {_plural('node', cohort.nodes)}"
    lines = fold(f"{key.metric} ({key.kind}, level {key.level}): {counted}", others="  ")
    lines += fold("; ".join(facts), "  ")
    if spread.absolute:
        return [*lines, *fold(f"absolute limits only: {spread.absolute}", "  ")]
    told = f"median {_median(cohort)}, MAD {_percent(spread.mad)}"
    if spread.cv is None:
        return [*lines, *fold(f"{told}; how well it repeats is not known: too few parts were measured twice", "  ")]
    least = "" if spread.least == spread.t else f"; an outlier here is {_percent(spread.least)} away or more"
    return [*lines, *fold(f"{told}, repeats within CV {_percent(spread.cv)}; {cohort.sense}{least}", "  ")]


def _histogram(cohort: Cohort) -> list[str]:
    """The distribution: lower end of each bin, bar, count; nothing for a cohort that was not compared."""
    values = [s.place.value for s in cohort.standings if math.isfinite(s.place.value)]
    low, high = min(values, default=0.0), max(values, default=0.0)
    if cohort.spread.absolute or low == high:
        return []
    step = (high - low) / _BINS
    counted = Counter(min(int((v - low) / step), _BINS - 1) for v in values)
    most = max(counted.values())
    starts = [format_quantity(low + i * step, cohort.key.unit) for i in range(_BINS)]
    wide = max(map(len, starts))
    bars = [f"{'#' * math.ceil(_BAR * counted[i] / most)} {counted[i] or ''}".strip() for i in range(_BINS)]
    return [f"  {start:>{wide}} | {bar}".rstrip() for start, bar in zip(starts, bars, strict=True)]


def _part(cohort: Cohort, standing: Standing) -> list[str]:
    place = standing.place
    value = format_quantity(place.value, cohort.key.unit) if place.repeats else "no value"
    away = "" if place.deviation is None else f", {100 * place.deviation:+.1f} %, z {place.z:.1f}"
    times = f", measured {place.repeats} {_plural('time', place.repeats)}" if place.repeats else ""
    said = f"{standing.node}: {place.mark}: {value}{away}{times}"
    first, *rest = fold(said, f"  {place.mark.verdict:<8}")
    coloured = paint(f"  {place.mark.verdict}", _COLOURS.get(place.mark.verdict))
    told = [first.replace(f"  {place.mark.verdict}", coloured, 1), *rest]
    return told + (fold(standing.part, " " * 10) if standing.part else [])


def _apart(cohort: Cohort) -> str:
    """What stands apart, the worst first; "" where nothing does."""
    if cohort.spread.absolute and not any(s.place.mark is Mark.LIMIT for s in cohort.standings):
        return f"absolute limits only: {cohort.spread.absolute}"
    marks: dict[Mark, list[str]] = defaultdict(list)
    for standing in cohort.standings:
        if standing.place.mark not in _ORDINARY:
            marks[standing.place.mark].append(standing.node)
    return (
        "; ".join(f"{len(nodes)} {mark}: {_names(list(dict.fromkeys(nodes)))}" for mark, nodes in marks.items()) or "-"
    )


def _names(nodes: Sequence[str]) -> str:
    more = f" and {len(nodes) - _SHOWN} more" if len(nodes) > _SHOWN else ""
    return ", ".join(nodes[:_SHOWN]) + more


def _median(cohort: Cohort) -> str:
    return "" if cohort.spread.median is None else format_quantity(cohort.spread.median, cohort.key.unit)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2g} %"


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
