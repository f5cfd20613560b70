"""The verdict of one node, formed in one place: the page, JUnit and the certificate all say what is said here.

Which statements count:
- findings: those of the dossier, and those of each stage's last record that the dossier does not have under the same
  requirement and part (the dossier's are newer, and carry the waivers);
- check results: of each check on each part in each kind of run, the last one; a part is known by its serial or MAC, as
  kernel names move. Of a part that the last inventory does not have any more, none, once a later run of that kind had
  the check on what is there now. Those are `superseded`: shown, never counted, so that a pass on a second run is
  visible as such.

A waiver counts until the end of its `until` date. A FAIL of a check is waived by a waived finding of `check.NAME`
(or of one of its measurements) on that part or on no part.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from metalctl.model.dossier import Dossier, Run, StageRecord
from metalctl.model.finding import Finding, Waiver
from metalctl.model.measurement import CheckResult
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.model.verdict import Verdict

_BAD = (Verdict.FAIL, Verdict.UNKNOWN)
_SERIAL = re.compile(r"\bserial (?!\?)\S+", re.IGNORECASE)
_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judged:
    """One check result and its run. waiver: the one that covers it. superseded: a later run replaced it."""

    run: Run
    result: CheckResult
    waiver: Waiver | None = None
    superseded: bool = False

    @property
    def verdict(self) -> Verdict:
        """What the check said; a PASS with a measurement that is not one is no PASS."""
        said = self.result.verdict
        worst = {m.verdict for m in self.result.measurements} & set(_BAD)
        if said is Verdict.PASS and worst:
            return Verdict.FAIL if Verdict.FAIL in worst else Verdict.UNKNOWN
        return said

    @property
    def blocks(self) -> bool:
        """Whether the node may not be certified for it: FAIL or UNKNOWN, and no waiver of just that."""
        return not self.superseded and self.verdict in _BAD and self.waiver is None

    @property
    def name(self) -> str:
        """Kind of run, check and part."""
        return " ".join(p for p in (self.run.kind, self.result.check, self.result.part) if p)


@dataclass(frozen=True, slots=True)
class Judgement:
    """state: "accepted", "accepted-with-waivers", "failed", "undecided", "in-progress". blockers: a sentence each."""

    state: str
    findings: tuple[Finding, ...]
    checks: tuple[Judged, ...]
    blockers: tuple[str, ...]
    waivers: tuple[Finding, ...]
    counts: dict[str, int]
    not_tried: tuple[str, ...]

    @property
    def current(self) -> tuple[Judged, ...]:
        """The check results that count."""
        return tuple(c for c in self.checks if not c.superseded)


def judge(dossier: Dossier, today: date | None = None) -> Judgement:
    """The judgement of a dossier; today: for the dates of waivers, UTC."""
    day = today or datetime.now(UTC).date()
    findings = tuple(_without_lapsed_waiver(f, day) for f in _findings(dossier))
    checks = tuple(_judged(dossier, findings))
    waivers = tuple(f for f in findings if f.waiver and f.verdict in _BAD)
    blockers = (*map(_say_finding, (f for f in findings if f.blocks)), *map(_say, (c for c in checks if c.blocks)))
    counts = _counts(findings, checks)
    return Judgement(
        _state(dossier, findings, checks, waivers),
        findings,
        checks,
        blockers,
        waivers,
        counts,
        _not_tried(dossier, checks),
    )


def last_records(dossier: Dossier) -> dict[Stage, StageRecord]:
    """Of each stage the last record, in the order of the path."""
    last = {record.stage: record for record in dossier.stages}
    return {stage: last[stage] for stage in ORDER if stage in last}


def done(dossier: Dossier, stage: Stage) -> bool:
    """Whether that stage was passed."""
    record = last_records(dossier).get(stage)
    return record is not None and record.condition is Condition.DONE


def _findings(dossier: Dossier) -> list[Finding]:
    found = {(f.requirement, f.part): f for f in dossier.findings}
    for record in last_records(dossier).values():
        for finding in record.findings:
            found.setdefault((finding.requirement, finding.part), finding)
    return list(found.values())


def _without_lapsed_waiver(finding: Finding, day: date) -> Finding:
    if finding.waiver is None or _holds(finding.waiver, day):
        return finding
    return replace(finding, waiver=None, remedy=f"{finding.remedy} (its waiver ended {finding.waiver.until})".strip())


def _holds(waiver: Waiver, day: date) -> bool:
    try:
        return date.fromisoformat(waiver.until[:10]) >= day
    except ValueError:
        return False  # no readable end: it waives nothing


def _judged(dossier: Dossier, findings: Iterable[Finding]) -> Iterable[Judged]:
    in_order = sorted(dossier.runs, key=lambda run: run.started)
    last = {(r.kind, c.check, _key(c.part)): (r.run_id, i) for r in in_order for i, c in enumerate(r.results)}
    last_run = {(r.kind, c.check): r.run_id for r in in_order for c in r.results}
    waived = [f for f in findings if f.waiver and f.requirement.startswith("check.")]
    present = _present(dossier)
    for run in in_order:
        for i, result in enumerate(run.results):
            old = last[run.kind, result.check, _key(result.part)] != (run.run_id, i)
            replaced = last_run[run.kind, result.check] != run.run_id and _is_gone(result.part, present)
            yield Judged(run, result, _waiver_for(result, waived), old or replaced)


def _key(part: str) -> str:
    """What tells a part from others: its serial or MAC, else how it is called."""
    found = _SERIAL.search(part) or _MAC.search(part)
    return found[0].lower() if found else part


def _is_gone(part: str, present: frozenset[str]) -> bool:
    """Whether a part with a serial or MAC is no longer in the machine; False where no inventory tells."""
    named = _key(part) != part or part.startswith("dimm ")
    return bool(present) and named and _key(part) not in present


def _present(dossier: Dossier) -> frozenset[str]:
    inventory = dossier.in_band
    if inventory is None:
        return frozenset()
    dimms = {" ".join(w for w in ("dimm", d.slot, d.serial) if w) for d in inventory.memory.dimms}
    disks = {f"serial {d.key.lower()}" for d in inventory.disks}
    return frozenset(dimms | disks | {nic.mac.lower() for nic in inventory.nics if nic.mac})


def _waiver_for(result: CheckResult, waived: list[Finding]) -> Waiver | None:
    if result.verdict not in _BAD:
        return None
    name = f"check.{result.check}"
    for finding in waived:
        named = finding.requirement == name or finding.requirement.startswith(name + ".")
        if named and finding.part in ("", result.part) and finding.verdict is result.verdict:
            return finding.waiver
    return None


def _counts(findings: Iterable[Finding], checks: Iterable[Judged]) -> dict[str, int]:
    counted: Counter[str] = Counter({verdict.value: 0 for verdict in Verdict})
    counted.update(f.verdict.value for f in findings)
    counted.update(c.verdict.value for c in checks if not c.superseded)
    return dict(counted)


def _state(
    dossier: Dossier, findings: tuple[Finding, ...], checks: tuple[Judged, ...], waivers: tuple[Finding, ...]
) -> str:
    blocking = {f.verdict for f in findings if f.blocks} | {c.verdict for c in checks if c.blocks}
    if Verdict.FAIL in blocking:
        return "failed"
    if Verdict.UNKNOWN in blocking:
        return "undecided"
    if dossier.condition is Condition.FAILED:
        return "failed"
    if done(dossier, Stage.ACCEPTED):
        return "accepted-with-waivers" if waivers else "accepted"
    return "in-progress"


def _say_finding(finding: Finding) -> str:
    got = f": expected {finding.expected or '?'}, got {finding.got or 'nothing'}"
    return f"{finding.verdict} {finding.requirement}{' on ' + finding.part if finding.part else ''}{got}"


def _say(check: Judged) -> str:
    reason = check.result.reason or "no reason was given"
    return f"{check.verdict} {check.name}: {reason}"


def _not_tried(dossier: Dossier, checks: tuple[Judged, ...]) -> tuple[str, ...]:
    seen = last_records(dossier)
    missing = [f"stage {stage.value}: not reached" for stage in ORDER if stage not in seen]
    skipped = [
        f"{c.name}: {c.result.reason or 'skipped without a reason'}"
        for c in checks
        if c.verdict is Verdict.SKIP and not c.superseded
    ]
    asked = [
        f"{f.requirement}: {f.got or f.expected or 'skipped'}" for f in _findings(dossier) if f.verdict is Verdict.SKIP
    ]
    unread = [
        f"{inventory.source} {u.fact}: could not be read ({u.reason})"
        for inventory in (dossier.out_of_band, dossier.in_band, dossier.installed)
        if inventory
        for u in inventory.unreadable
    ]
    return (*missing, *asked, *skipped, *unread)
