"""Findings as a person reads them: what blocks first, each with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click

if TYPE_CHECKING:
    from metalctl.model.finding import Finding

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
    verdict = click.style(f"{finding.verdict:<8}", fg=_COLOURS.get(finding.verdict))
    warning = " (warning)" if finding.severity == "warning" else ""
    told = [f"{verdict}{finding.requirement}{warning}: expected {finding.expected or '?'}, got {finding.got or '?'}"]
    if finding.part:
        told.append(f"        part    {finding.part}")
    told += [f"        fru     {fru}" for fru in finding.frus]
    told.append(f"        source  {finding.source}")
    if finding.waiver:
        waiver = finding.waiver
        told.append(f"        waived  by {waiver.who} until {waiver.until}: {waiver.why}")
    if finding.remedy:
        told.append(f"        → {finding.remedy}")
    return told


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The same for programs."""
    from metalctl.model.codec import encode

    return [{**encode(f), "blocks": f.blocks} for f in findings]
