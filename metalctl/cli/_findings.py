"""Findings as a person reads them: what blocks first, each with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from metalctl.cli._layout import plain as plain

if TYPE_CHECKING:
    from metalctl.model.finding import Finding, Waiver

_COLOURS = {"PASS": "green", "FAIL": "red", "UNKNOWN": "yellow", "SKIP": "bright_black"}


def show(findings: Sequence[Finding], everything: bool = False) -> None:
    """Prints what is not PASS (everything, if asked), blocking ones first, and counts the rest."""
    shown = [f for f in sorted(findings, key=lambda f: not f.blocks) if everything or f.verdict != "PASS"]
    for finding in shown:
        for line in lines(finding):
            click.echo(line)
    if passed := sum(f.verdict == "PASS" for f in findings):
        click.echo(f"{passed} of {len(findings)} requirements PASS")


def lines(finding: Finding) -> list[str]:
    """A finding in a few lines."""
    verdict, *rest = _lines(finding)
    first, *others = [plain(line) for line in rest]
    return [f"{click.style(verdict, fg=_COLOURS.get(finding.verdict))}{first}", *others]


def _lines(finding: Finding) -> list[str]:
    """The verdict, then each line."""
    warning = " (warning)" if finding.severity == "warning" else ""
    told = [
        f"{finding.verdict:<8}",
        f"{finding.requirement}{warning}: expected {finding.expected or '?'}, got {finding.got or '?'}",
    ]
    if finding.part:
        told.append(f"        part    {finding.part}")
    told += [f"        fru     {fru}" for fru in finding.frus]
    told.append(f"        source  {finding.source}")
    if finding.waiver:
        told.append(f"        waived  {by(finding.waiver)}")
    if finding.remedy:
        told.append(f"        → {finding.remedy}")
    return told


def by(waiver: Waiver) -> str:
    """Who waived a finding, until when, and why."""
    return f"by {waiver.who} until {waiver.until}: {' '.join(waiver.why.split())}"


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The same for programs."""
    from metalctl.model.codec import encode

    return [{**encode(f), "blocks": f.blocks} for f in findings]
