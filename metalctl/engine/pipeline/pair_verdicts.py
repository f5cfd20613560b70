"""What the pairs of a batch say of one node: their results as a matrix, the solver's verdict, and results that are told
to be another's fault.

A result of a pair counts for both its nodes, whichever end measured it. But a node passes only when its own end judged
a pair as well: a node that only served is not passed on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from metalctl.engine.pipeline import turns
from metalctl.engine.pipeline.context import Context
from metalctl.model.finding import Finding
from metalctl.model.measurement import CheckResult
from metalctl.model.pairs import Cell, solve
from metalctl.model.pairs.words import Told, findings
from metalctl.model.stage import Stage
from metalctl.model.units import format_quantity
from metalctl.model.verdict import Verdict
from metalctl.store import enrollments, pairs, records
from metalctl.store.evidence import RunRow
from metalctl.store.pairs import MISSED, Pair, Side

# A rate that misses its limit by less proves nothing: two runs of iperf3 differ as much.
DOUBT = 0.03
# Where a result keeps what its check said, once it counts otherwise for the node.
SAID = "pair_verdict"
# What a check measures in one direction: "forward" is from the client to the server.
_WAYS = {"forward": ("client", "server"), "reverse": ("server", "client")}


@dataclass(frozen=True, slots=True)
class Batch:
    """The pairs that count, what each end left, and what is known of the nodes. names: enrollment → node."""

    pairs: list[Pair]
    sides: dict[str, Side]
    names: dict[str, str]
    groups: dict[str, str]
    ports: dict[str, list[str]]


def gathered(connection: Connection, batch: str) -> Batch:
    """All pairs of the batch; what a node did before its retry does not count."""
    since = turns.pairs_from(enrollments.batch_options(connection, batch))
    made = [p for p in pairs.of_batch(connection, batch) if all(p.round >= since.get(e, 0) for e in p.ends)]
    names = {e.id: e.node for e in enrollments.listing(connection, batch)}
    memos = records.memos(connection, batch, Stage.BURNED_IN)
    sides = pairs.sides(connection, made, results=True)
    switches = turns.switches(memos)
    seats = {e: memo.get("seat", {}) for e, (_, memo) in memos.items()}
    return Batch(
        pairs=[p for p in made if all(e in names for e in p.ends)],
        sides=sides,
        names=names,
        groups={names[e]: switch for e, switch in switches.items() if e in names},
        ports={names[e]: seat.get("ports", []) for e, seat in seats.items() if e in names},
    )


def cells(batch: Batch, check: str) -> Iterator[Cell]:
    """The matrix of one check."""
    for pair in batch.pairs:
        found = [batch.sides[pair.run(end)] for end in pair.ends if pair.run(end) in batch.sides]
        results = [r for side in found for r in side.results if r["check"] == check]
        if pair.state == MISSED or not results:
            continue
        ends = {"server": batch.names[pair.server], "client": batch.names[pair.client]}
        for way, (sender, receiver) in _WAYS.items():
            seen = [_seen(result, way) for result in results]
            states = [state for state, _ in seen if state != "nothing"]
            shown = next((text for state, text in seen if state == "bad" and text), next((t for _, t in seen if t), ""))
            if states:
                good = False if "bad" in states else None if "doubtful" in states else True
                yield Cell(ends[sender], ends[receiver], good, shown)


def _seen(result: dict[str, Any], way: str) -> tuple[str, str]:
    """("good", "bad", "doubtful" or "nothing", the figure) in one direction, as one end has it."""
    verdict = result.get("evidence", {}).get(SAID, result["verdict"])
    measured = result.get("measurements", ())
    if verdict == "SKIP":
        return "nothing", ""
    if verdict == "UNKNOWN":
        return "doubtful", ""
    if not any(m["name"] in _WAYS for m in measured):
        return "bad" if verdict == "FAIL" else "good", ""
    mine = [m for m in measured if m["name"] == way or m["name"].startswith(f"{way}_")]
    if not any(m["name"] == way for m in mine):
        return "doubtful", ""
    states = {_state(m) for m in mine}
    figures = [format_quantity(m["value"], m["unit"]) for m in mine if m["name"] == way and m["value"] is not None]
    return next((s for s in ("bad", "doubtful") if s in states), "good"), figures[0] if figures else ""


def _state(m: dict[str, Any]) -> str:
    value, low, high = m["value"], m.get("at_least"), m.get("at_most")
    if value is None or value != value:
        return "doubtful"
    missed = (low is not None and value < low, high is not None and value > high)
    near = low is not None and value >= low * (1 - DOUBT) and not missed[1]
    return "good" if not any(missed) else "doubtful" if near else "bad"


def bad(ctx: Context, check: str, mine: list[Pair]) -> bool:
    """Whether a pair of this node is not good: then the pairs of others tell whose fault that is."""
    with ctx.store() as connection:
        sides = pairs.sides(connection, mine, results=True)
    name = {end: end for pair in mine for end in pair.ends}
    return any(c.good is not True for c in cells(Batch(mine, sides, name, {}, {}), check))


def verdicts(ctx: Context, checks: Mapping[str, Mapping[str, Any]], mine: list[Pair]) -> tuple[Finding, ...]:
    """The findings on this node, of each paired check."""
    with ctx.store() as connection:
        batch = gathered(connection, ctx.enrollment.batch)
    name, found = ctx.node.name, []
    missed = [
        f"no test with {batch.names.get(pair.other(ctx.enrollment.id), 'a node that was forgotten')}"
        for pair in mine if pair.state == MISSED
    ]  # fmt: skip
    for check, limits in checks.items():
        own = [r for pair in mine for r in _own(batch, pair, ctx.enrollment.id, check)]
        low = limits.get("min_throughput")
        reasons = [*missed, *(r.get("reason", "") for r in own if r["verdict"] in ("UNKNOWN", "SKIP"))]
        told = Told(
            check,
            f"≥ {format_quantity(float(low), 'b/s')}" if isinstance(low, (int, float)) else "",
            batch.ports,
            {name: [r for r in dict.fromkeys(reasons) if r]},
            len(batch.names) - 1,
        )
        first, *others = findings(solve(cells(batch, check), batch.groups), name, told)
        if first.verdict is Verdict.PASS and not any(r["verdict"] == "PASS" for r in own):
            first = _served_only(first, name, "; ".join(dict.fromkeys(reasons)) or "no result")
        found += [first, *others]
    return tuple(found)


def _served_only(finding: Finding, name: str, reason: str) -> Finding:
    remedy = f"only the peer measured the pair: read the reason, then metalctl enroll --retry {name}"
    return replace(finding, verdict=Verdict.UNKNOWN, got=f"not judged by this node: {reason}", remedy=remedy)


def _own(batch: Batch, pair: Pair, enrollment: str, check: str) -> list[dict[str, Any]]:
    side = batch.sides.get(pair.run(enrollment))
    return [r for r in side.results if r["check"] == check] if side else []


def told(row: RunRow, found: Mapping[str, Finding]) -> RunRow:
    """The run with its paired results as they count for this node: what is another's fault is no FAIL of this one.

    found: by check. The measurements and their limits stay, and so does what the check said, as evidence.
    """
    return replace(row, results=[_told(r, found[r.check]) if r.check in found else r for r in row.results])


def _told(result: CheckResult, finding: Finding) -> CheckResult:
    if result.verdict not in (Verdict.FAIL, Verdict.UNKNOWN) or finding.verdict is Verdict.FAIL:
        return result
    verdict = Verdict.SKIP if finding.verdict is Verdict.PASS else Verdict.UNKNOWN
    kept = {SAID: str(result.verdict), **result.evidence}
    reason = f"the pair was {result.verdict}: {result.reason}; of this node: {finding.got}"
    return replace(result, verdict=verdict, reason=reason, remedy=finding.remedy, evidence=kept)
