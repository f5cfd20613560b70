"""`enroll --expected`: rows that are no listed machine are told and left out, before a credential is sent to any."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.bmc import Entry
from metalctl.bmc.discovery.expected import compare
from metalctl.bmc.discovery.manifest import Machine, read_manifest
from metalctl.bmc.discovery.scan import discover, merged
from metalctl.model.errors import UsageError
from metalctl.model.verdict import Verdict


def listed(entries: list[Entry], manifest: Path, machines: list[Machine] | None = None) -> list[tuple[Entry, Machine]]:
    """The entries whose BMC answers as a listed machine, with it; ManifestErrors, or UsageError when none does.

    machines: of the manifest, when it was read already.
    """
    machines = read_manifest(manifest) if machines is None else machines
    # An endpoint is asked without its system: one BMC in front of several systems answers once.
    asked = {entry.endpoint.origin for entry in entries}
    compared = compare(machines, merged(discover(asked)))
    good: dict[str, Machine] = {}
    for match in compared.matches:
        if match.verdict is not Verdict.FAIL:
            good |= dict.fromkeys((str(match.probe.endpoint), *match.probe.at), match.machine)
        for finding in (f for f in match.findings if f.verdict is Verdict.FAIL):
            name = finding.requirement
            click.echo(
                f"{finding.part}: {name} should be {finding.expected}, is {finding.got}\n  → {finding.remedy}", err=True
            )
    kept = [(entry, good[entry.endpoint.origin]) for entry in entries if entry.endpoint.origin in good]
    for entry in (e for e in entries if e.endpoint.origin not in good):
        click.echo(f"{entry.name}: {entry.endpoint} answers as none of {manifest}: not enrolled", err=True)
    if not kept:
        raise UsageError(
            f"no row is a machine of {manifest}", hint=f"see what answers: metalctl discover … --expected {manifest}"
        )
    return kept
