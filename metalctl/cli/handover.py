"""`metalctl handover`: accepted nodes to a cloud, and what the cloud says of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli import _findings
from metalctl.cli._command import command
from metalctl.cli._errors import exit_with
from metalctl.cli._options import Home, InputFile, json_option, state_options

if TYPE_CHECKING:
    from metalctl.engine.state import StateDir
    from metalctl.handover import Settings
    from metalctl.model.dossier import Dossier
    from metalctl.model.finding import Finding

_PATH = click.Path(path_type=Path)


@command()
@click.argument("target", metavar="TARGET")
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@click.option("--dry-run", is_flag=True, help="Print the changes without sending them.")
@click.option("--check", is_flag=True, help="Only read the target back, and compare.")
@click.option(
    "--from", "source", type=InputFile(), metavar="FILE", help="From a NODE.json or batch.json; no store is needed."
)
@click.option(
    "-o", "--output", type=_PATH, metavar="DIR", help="Where targets that are files go; by default the batch's."
)
@click.option("--ironic", "ironic_url", metavar="URL", help="Ironic's API; by default that of the settings file.")
@click.option("--cloud", default="", metavar="NAME", help="For Ironic: a name in clouds.yaml, instead of an URL.")
@click.option("--bmc-ca", default="", metavar="PATH",
              help="For Ironic: CA file of the BMCs on its host, or `none`; by default as the settings file says.",
              )  # fmt: skip
@click.option("--kolla-inventory", type=InputFile(), metavar="FILE", help="The multinode file of your kolla-ansible.")
@json_option
@state_options
def handover(
    target: str,
    nodes: tuple[str, ...],
    dry_run: bool,
    check: bool,
    source: Path | None,
    output: Path | None,
    ironic_url: str | None,
    cloud: str,
    bmc_ca: str,
    kolla_inventory: Path | None,
    as_json: bool,
    home: Home,
) -> None:
    """Hand accepted nodes over to TARGET (kolla, cephadm or ironic), then read them back from it.

    Without NODE: all accepted nodes of the newest batch. Nodes handed over earlier stay; doing it again is harmless.

    Exit code: 0 the target says the same as the store, 1 it does not, 3 it could not be read.

    Examples:
      metalctl handover kolla
      metalctl handover ironic r7n03 --ironic http://10.0.0.2:6385 --dry-run
      metalctl handover cephadm --from batch.json -o /tmp/cloud
    """
    from dataclasses import replace

    from metalctl.engine.settings import to_clouds
    from metalctl.handover import target as find_target

    chosen = find_target(target)
    found = home.settings()
    dossiers = _dossiers(nodes, source, found.state)
    stated = to_clouds(found, dossiers[0].batch)
    settings = replace(
        stated,
        directory=output or stated.directory,
        ironic_url="" if cloud else ironic_url or stated.ironic_url,
        cloud=cloud,
        bmc_verify={"": stated.bmc_verify, "none": False}.get(bmc_ca, bmc_ca),
        kolla_inventory=kolla_inventory,
    )
    if dry_run:
        _dry_run(target, dossiers, settings, as_json)
        return
    summary, artifacts = "only read", []
    if not check:
        handed = chosen.hand_over(dossiers, settings)
        summary, artifacts = handed.summary, [a.path for a in handed.artifacts]
    findings = [f for d in dossiers for f in chosen.read_back(d, settings)]
    _tell(target, summary, artifacts, findings, as_json)
    exit_with(_findings.code_of(findings))


def _dossiers(nodes: tuple[str, ...], source: Path | None, state: StateDir) -> list[Dossier]:
    from metalctl.engine.evidence.dossiers import load_batch, load_dossier
    from metalctl.handover import is_accepted
    from metalctl.report import read_dossiers

    if nodes and source is None:
        return [load_dossier(state, node) for node in nodes]
    listed = read_dossiers(source) if source else load_batch(state)
    if missing := sorted(set(nodes) - {d.node for d in listed}):
        raise click.UsageError(f"{source} holds no {', '.join(missing)}")
    found = [d for d in listed if (d.node in nodes if nodes else is_accepted(d))]
    if not found:
        raise click.UsageError("no node of this batch is accepted yet; see: metalctl nodes")
    return found


def _dry_run(target: str, dossiers: list[Dossier], settings: Settings, as_json: bool) -> None:
    import json

    from metalctl.handover import require_accepted
    from metalctl.handover import target as find_target

    require_accepted(dossiers)
    text = find_target(target).preview(dossiers, settings)
    click.echo(json.dumps({"target": target, "dry_run": True, "text": text}) if as_json else text)


def _tell(target: str, summary: str, artifacts: list[str], findings: list[Finding], as_json: bool) -> None:
    import json

    from metalctl.model.codec import encode

    if as_json:
        told = {"target": target, "summary": summary, "artifacts": artifacts, "findings": encode(findings)}
        click.echo(json.dumps(told))
        return
    click.echo(f"{target}: {summary}")
    passed = sum(f.verdict == "PASS" for f in findings)
    click.echo(f"read back: {passed} of {len(findings)} facts agree")
    for f in findings:
        if f.verdict in ("FAIL", "UNKNOWN"):
            severity = "warning" if f.severity == "warning" else f.verdict
            click.echo(f"  {severity} {f.part} {f.requirement}: expected {f.expected}, got {f.got}\n    → {f.remedy}")
