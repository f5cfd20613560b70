"""Findings as a person reads them: what blocks first, each with what to do; what passes is only counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from metalctl.cli._layout import fold, paint
from metalctl.cli._layout import plain as plain
from metalctl.model.verdict import Verdict, exit_code

if TYPE_CHECKING:
    from metalctl.model.finding import Finding, Waiver

_COLOURS = {"PASS": "green", "FAIL": "red", "UNKNOWN": "yellow", "SKIP": "bright_black"}
_ORDER = ("FAIL", "UNKNOWN", "SKIP", "PASS")


def code_of(findings: Iterable[Finding]) -> int:
    """The exit code of a command that prints these: by those that block."""
    return exit_code(f.verdict for f in findings if f.blocks)


def counted(findings: Iterable[Finding]) -> str:
    """ "2 FAIL, 1 UNKNOWN" of those that block; "" when none does."""
    blocking = [f.verdict for f in findings if f.blocks]
    counts = ((blocking.count(verdict), verdict) for verdict in (Verdict.FAIL, Verdict.UNKNOWN))
    return ", ".join(f"{number} {verdict}" for number, verdict in counts if number)


def show(findings: Sequence[Finding], everything: bool = False) -> None:
    """Prints what is not PASS (everything, if asked), blocking ones first, and counts the rest."""
    shown = sorted((f for f in findings if everything or f.verdict != "PASS"), key=_rank)
    for _, alike in groupby(shown, key=_said):
        first, *others = alike
        names = ", ".join(f.requirement for f in (first, *others))
        click.echo("\n".join(lines(replace(first, requirement=names))))
    if passed := sum(f.verdict == "PASS" for f in findings):
        more = "" if everything else " (--all prints them)"
        click.echo(f"{passed} of {len(findings)} requirements PASS{more}")


def _rank(finding: Finding) -> tuple[bool, int]:
    return not finding.blocks, _ORDER.index(finding.verdict)


def _said(finding: Finding) -> object:
    """Everything but its name: what is said of a dozen checks is printed once. A part is one of its own."""
    return finding.requirement if finding.part else replace(finding, requirement="")


def lines(finding: Finding) -> list[str]:
    """A finding in a few lines, folded at words."""
    first, *rest = _folded(finding)
    verdict, _, name = first.partition(" ")
    return [f"{paint(verdict, _COLOURS.get(finding.verdict))} {name}", *rest]


def _folded(finding: Finding) -> list[str]:
    kind = " (warning)" if finding.severity == "warning" else " (waived)" if finding.waiver else ""
    if finding.verdict == "SKIP":
        said = f"{finding.requirement}: {finding.got or finding.expected}"
    else:
        said = f"{finding.requirement}{kind}: expected {finding.expected or '?'}, got {finding.got or '?'}"
    told = fold(said, f"{finding.verdict:<8}", "        ")
    if finding.part:
        told += _labelled("part", finding.part)
    for fru in finding.frus:
        told += _labelled("fru", str(fru))
    if finding.source:
        told += _labelled("source", finding.source)
    if finding.waiver:
        told += _labelled("waived", by(finding.waiver))
    return told + (fold(finding.remedy, "        → ") if finding.remedy else [])


def _labelled(label: str, text: str) -> list[str]:
    return fold(text, f"        {label:<8}")


def by(waiver: Waiver) -> str:
    """Who waived a finding, until when, and why."""
    return f"by {waiver.who} until {waiver.until}: {' '.join(waiver.why.split())}"


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The same for programs."""
    from metalctl.model.codec import encode

    return [{**encode(f), "blocks": f.blocks} for f in findings]
