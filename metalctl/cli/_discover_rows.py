"""The nodes file that `metalctl discover` writes: servers only, and nobody whom nobody vouches for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from metalctl.bmc import Probe, default_name
from metalctl.bmc.discovery.expected import Comparison, Match
from metalctl.model.verdict import Verdict


def rows(found: Iterable[Probe] | Comparison, credential: str, profile: str) -> list[list[str]]:
    """Rows of a nodes file. Of a comparison, the listed machines: nobody else is sent the factory credential."""
    if isinstance(found, Comparison):
        return [_expected(m, credential, profile) for m in found.matches if _may_enroll(m)]
    trusted = [p for p in found if _is_server(p) and _may_be_trusted(p)]
    return [[default_name(p.endpoint), str(p.endpoint), credential, profile] for p in trusted]


def _is_server(probe: Probe) -> bool:
    """What manages no system is no node."""
    if probe.equipment:
        click.echo(f"{probe.endpoint}: not in the nodes file: it is {probe.equipment}", err=True)
    return not probe.equipment


def _may_be_trusted(probe: Probe) -> bool:
    """Nobody whom the given authorities do not know is sent a credential."""
    if probe.vouched or not probe.endpoint.authorities:
        return True
    click.echo(f"{probe.endpoint}: not in the nodes file: its certificate is not trusted", err=True)
    return False


def _may_enroll(match: Match) -> bool:
    """Who is another machine than the one of the list is none of ours."""
    return match.verdict is not Verdict.FAIL and _may_be_trusted(match.probe)


def _expected(match: Match, credential: str, profile: str) -> list[str]:
    machine, endpoint = match.machine, match.probe.endpoint
    name = machine.name or default_name(endpoint)
    return [name, str(endpoint), credential or machine.credential_ref, profile or machine.role]


def write(output: Path, rows: list[list[str]]) -> None:
    """A nodes file for enroll, anew."""
    import csv

    from metalctl.bmc.discovery.nodes_csv import COLUMNS

    with output.open("x", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    click.echo(f"{output}: {len(rows)} nodes", err=True)
