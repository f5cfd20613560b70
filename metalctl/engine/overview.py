"""Where every node stands, for tables, JSON and exit codes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from metalctl.engine.spine import SPINE
from metalctl.model.codec import encode
from metalctl.model.finding import Finding
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import enrollments, nodes
from metalctl.store.enrollments import Enrollment

ACCEPTED, HARDWARE, ITSELF = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Standing:
    """One node. elapsed, eta: seconds; eta is None when it has ended. verdicts: how many findings of each."""

    node: str
    enrollment: str
    batch: str
    profile: str
    stage: Stage
    condition: Condition
    why: str
    fault: str
    elapsed: float
    eta: float | None
    findings: tuple[Finding, ...]
    verdicts: dict[str, int]
    parked: bool
    quarantined: bool

    @property
    def last_finding(self) -> str:
        """What a person should read first: the finding that blocks, else what is waited for."""
        blocking = [f for f in self.findings if f.blocks]
        if blocking:
            first = blocking[0]
            return " · ".join(p for p in (first.requirement, first.got or str(first.verdict), first.part) if p)
        return self.why

    def as_json(self) -> dict[str, Any]:
        """The shape of `metalctl nodes --json`."""
        names = ("enrollment", "batch", "profile", "stage", "condition", "why", "fault", "elapsed", "eta", "findings",
                 "verdicts", "parked", "quarantined")  # fmt: skip
        return {"name": self.node, **{n: encode(getattr(self, n)) for n in names}}


def standings(database: Engine, batch: str | None = None) -> list[Standing]:
    """The newest enrollment of every node, or all of a batch."""
    with database.connect() as connection:
        listed = enrollments.listing(connection, batch)
        newest = {e.node: e for e in sorted(listed, key=lambda e: e.created)}
        flags = {n.name: n for n in nodes.listing(connection)}
        found = []
        for name, enrollment in sorted(newest.items()):
            rows = enrollments.stages(connection, enrollment.id)
            found.append(_standing(enrollment, rows, flags[name]))
    return found


def exit_code(found: list[Standing]) -> int:
    """0 all accepted, 1 some hardware failed, 3 metalctl could not tell, or a node has not come to an end."""
    if any(s.eta is not None or (s.condition is Condition.FAILED and s.fault != "hardware") for s in found):
        return ITSELF
    return HARDWARE if any(s.condition is Condition.FAILED for s in found) else ACCEPTED


def _standing(enrollment: Enrollment, rows: list[enrollments.StageRow], node: nodes.Node) -> Standing:
    findings = tuple(f for row in rows for f in row.record.findings)
    end = enrollment.updated if enrollment.ended else datetime.now(UTC).isoformat()
    return Standing(
        node=enrollment.node,
        enrollment=enrollment.id,
        batch=enrollment.batch,
        profile=enrollment.profile,
        stage=enrollment.stage,
        condition=enrollment.condition,
        why=enrollment.why,
        fault=enrollment.fault,
        elapsed=(datetime.fromisoformat(end) - datetime.fromisoformat(enrollment.created)).total_seconds(),
        eta=None if enrollment.ended else _eta(enrollment, rows),
        findings=findings,
        verdicts=dict(Counter(str(f.verdict) for f in findings)),
        parked=node.parked,
        quarantined=node.quarantined,
    )


def _eta(enrollment: Enrollment, rows: list[enrollments.StageRow]) -> float:
    spent = next((row.elapsed for row in rows if row.record.stage is enrollment.stage), 0.0)
    here = ORDER.index(enrollment.stage)
    current = max(0.0, SPINE[here].usual - spent)
    return current + sum(spec.usual for spec in SPINE[here + 1 :])
