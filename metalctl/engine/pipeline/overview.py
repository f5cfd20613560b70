"""Where every node stands, for tables, JSON and exit codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Engine

from metalctl.engine.pipeline.usual import AFTER, USUAL
from metalctl.model import verdict
from metalctl.model.codec import decode, encode
from metalctl.model.finding import Finding
from metalctl.model.stage import Condition, Stage
from metalctl.model.verdict import Verdict
from metalctl.store import bmcs, enrollments, marks, records
from metalctl.store.bmcs import Look
from metalctl.store.enrollments import Enrollment
from metalctl.store.marks import Mark

ACCEPTED = 0


@dataclass(frozen=True)
class Standing:
    """One node. elapsed, eta: seconds; eta is None when it has ended. verdicts: how many findings of each.

    bmc: what the service last read of its BMC, None when it has not yet. stated: its findings as JSON; None where they
    were not asked for.
    """

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
    problem: str
    verdicts: dict[str, int]
    marks: dict[str, Mark]
    bmc: Look | None = None
    stated: list[dict[str, Any]] | None = None

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, in the order of the path."""
        return tuple(decode(Finding, finding) for finding in self.stated or ())

    @property
    def verdict(self) -> Verdict:
        """UNKNOWN while it is under way, and where metalctl failed."""
        if self.eta is None and self.condition is not Condition.FAILED:
            return Verdict.PASS
        return Verdict.FAIL if self.eta is None and self.fault == "hardware" else Verdict.UNKNOWN

    @property
    def last_finding(self) -> str:
        """What a person should read first: the finding that blocks, else what is waited for."""
        return self.problem or self.why

    def as_json(self) -> dict[str, Any]:
        """The shape of `metalctl nodes --json`."""
        names = ("enrollment", "batch", "profile", "stage", "condition", "why", "fault", "elapsed", "eta",
                 "verdicts")  # fmt: skip
        hands = {kind: kind in self.marks for kind in ("held", "parked", "quarantined")}
        told = {n: encode(getattr(self, n)) for n in names}
        return {"name": self.node, **told, **hands, "bmc": _as_read(self.bmc), "findings": self.stated or []}


def standings(database: Engine, batch: str | None = None, *, findings: bool = False) -> list[Standing]:
    """The newest enrollment of every node, or all of a batch. findings: with all that was found."""
    with database.connect() as connection:
        listed = enrollments.newest(connection, batch)
        hands, looks = marks.everybodys(connection), bmcs.everybodys(connection)
        stated = records.findings(connection, [e.id for e in listed]) if findings else None
    moment = datetime.now(UTC)
    return [
        _standing(e, hands.get(e.node, {}), looks.get(e.node), moment, None if stated is None else stated.get(e.id, []))
        for e in listed
    ]


def _as_read(look: Look | None) -> dict[str, str] | None:
    if look is None:
        return None
    return {name: getattr(look, name) for name in ("power", "health", "seen", "tried", "problem")}


def exit_code(found: list[Standing]) -> int:
    """0 all accepted, 1 some hardware failed, 3 metalctl could not tell, or a node has not come to an end.

    What metalctl owes goes before what the hardware lacks: with 1 nothing is left to be told.
    """
    verdicts = [s.verdict for s in found]
    return verdict.exit_code([Verdict.UNKNOWN] if Verdict.UNKNOWN in verdicts else verdicts)


def _standing(
    enrollment: Enrollment,
    hands: dict[str, Mark],
    bmc: Look | None,
    moment: datetime,
    stated: list[dict[str, Any]] | None,
) -> Standing:
    end = datetime.fromisoformat(enrollment.updated) if enrollment.ended else moment
    return Standing(
        node=enrollment.node,
        enrollment=enrollment.id,
        batch=enrollment.batch,
        profile=enrollment.profile,
        stage=enrollment.stage,
        condition=enrollment.condition,
        why=enrollment.why,
        fault=enrollment.fault,
        # The clock may have been set back since.
        elapsed=max(0.0, (end - datetime.fromisoformat(enrollment.created)).total_seconds()),
        eta=None if enrollment.ended else _eta(enrollment, moment),
        problem=enrollment.problem,
        verdicts=enrollment.verdicts,
        marks=hands,
        bmc=bmc,
        stated=stated,
    )


def _eta(enrollment: Enrollment, moment: datetime) -> float:
    # A stage that waits for a boot is looked at every few minutes: the time since then counts too, unless the node
    # waits for its turn (`expected` says when it comes) or for a person.
    waits = enrollment.condition in (Condition.WAITING, Condition.RUNNING) and not enrollment.expected
    since = (moment - datetime.fromisoformat(enrollment.updated)).total_seconds() if waits else 0.0
    here = max(0.0, USUAL[enrollment.stage] - enrollment.elapsed - max(0.0, since))
    return enrollment.expected + here + AFTER[enrollment.stage]
