"""JUnit XML: one suite a node, one testcase a finding and a check result that counts.

FAIL is a failure, UNKNOWN an error, SKIP skipped with its reason. A waived FAIL is skipped too, and says who waived
it and why: a pipeline goes on, a reader sees it. Reruns are named in the testcase's output.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from metalctl.model.dossier import Dossier
from metalctl.model.finding import Finding, Waiver
from metalctl.model.units import format_quantity
from metalctl.model.verdict import Verdict
from metalctl.report.clean import clean
from metalctl.report.judge import Judged, Judgement, judge


def render(dossiers: Iterable[Dossier]) -> str:
    """The XML of these nodes."""
    suites = Suites()
    for dossier in dossiers:
        suites.add(dossier)
    return suites.render()


class Suites:
    """The XML of many nodes, made one by one: as text, since a tree of a thousand nodes is ten times as large."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._total = TestSuite("metalctl")
        self._total.tests = self._total.failures = self._total.errors = self._total.skipped = 0
        self._total.time = 0.0

    def add(self, dossier: Dossier) -> None:
        """One node more."""
        suite: Any = _suite(dossier, judge(dossier))  # the library types but half of itself
        for name in ("tests", "failures", "errors", "skipped", "time"):
            setattr(self._total, name, getattr(self._total, name) + getattr(suite, name))
        self._texts.append(bytes(suite.tostring()).decode().rpartition("?>")[2].strip())

    def render(self) -> str:
        """All of it."""
        xml: Any = JUnitXml("metalctl")
        for name in ("tests", "failures", "errors", "skipped", "time"):
            setattr(xml, name, getattr(self._total, name))
        head, _, _ = bytes(xml.tostring()).decode().rpartition("/>")
        return "\n".join([f"{head.rstrip()}>", *self._texts, "</testsuites>"])


def _suite(dossier: Dossier, judgement: Judgement) -> TestSuite:
    suite = TestSuite(clean(dossier.node))
    if dossier.created:
        suite.timestamp = clean(dossier.created)
    facts = {
        "profile": dossier.profile,
        "profile_digest": dossier.profile_digest,
        "stage": dossier.stage.value,
        "condition": dossier.condition.value,
        "enrollment": dossier.enrollment,
        "emulated": str(dossier.emulated).lower(),
    }
    for name, value in facts.items():
        suite.add_property(name, clean(value))
    reruns = [c for c in judgement.checks if c.superseded]
    cases = [_of_finding(dossier, finding) for finding in judgement.findings]
    # All in one call: the library counts the whole suite again at each.
    suite.add_testcases([*cases, *(_of_check(dossier, check, reruns) for check in judgement.current)])
    return suite


def _of_finding(dossier: Dossier, finding: Finding) -> TestCase:
    case = _case(dossier, "requirement", finding.requirement, finding.part)
    said = f"expected {finding.expected or '?'}, got {finding.got or 'nothing'}"
    _conclude(case, finding.verdict, said, finding.remedy, finding.waiver, finding.severity)
    case.system_out = clean("\n".join(filter(None, (said, f"read in: {finding.source}" if finding.source else ""))))
    return case


def _of_check(dossier: Dossier, check: Judged, reruns: list[Judged]) -> TestCase:
    case = _case(dossier, f"check.{check.run.kind}", check.result.check, check.result.part)
    case.time = check.result.duration
    _conclude(case, check.verdict, check.result.reason, check.result.remedy, check.waiver)
    lines = [f"{m.name} = {format_quantity(m.value, m.unit)} ({m.verdict})" for m in check.result.measurements]
    lines += [f"earlier run {o.run.run_id}: {o.verdict} {o.result.reason}" for o in reruns if o.name == check.name]
    if check.result.attempt > 1:
        lines.append(f"this was attempt {check.result.attempt}")
    case.system_out = clean("\n".join(lines))
    return case


def _case(dossier: Dossier, group: str, name: str, part: str) -> TestCase:
    return TestCase(clean(f"{name} [{part}]" if part else name), clean(f"{dossier.node}.{group}"))


def _conclude(
    case: TestCase, verdict: Verdict, said: str, remedy: str, waiver: Waiver | None, severity: str = "error"
) -> None:
    text = clean("\n".join(filter(None, (said, remedy and f"→ {remedy}"))))
    if verdict is Verdict.SKIP:
        case.result = [Skipped(clean(said or "skipped without a reason"))]
    elif verdict is not Verdict.PASS and (waiver or severity == "warning"):
        why = f"waived by {waiver.who} until {waiver.until}: {waiver.why}" if waiver else "a warning, not required"
        case.result = [Skipped(clean(f"{verdict} {why}. {said}"))]
    elif verdict is not Verdict.PASS:
        entry = Failure(text, "FAIL") if verdict is Verdict.FAIL else Error(text, "UNKNOWN")
        entry.text = text
        case.result = [entry]
