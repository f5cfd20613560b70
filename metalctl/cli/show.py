"""`metalctl show`: one node, whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli._command import command
from metalctl.cli._options import json_option, state_options

if TYPE_CHECKING:
    from metalctl.model.dossier import Dossier
    from metalctl.model.finding import Finding


@command()
@click.argument("node")
@click.option("--diff", is_flag=True, help="What changed between its last two inventories, and what to check again.")
@click.option("--audit", is_flag=True, help="Who did what to it, and when: power, disks, BMC, retries.")
@json_option
@state_options
def show(node: str, diff: bool, audit: bool, as_json: bool, config: Path | None, state_dir: Path | None) -> None:
    """Show a node: its stages with their evidence, its findings with what to do, its files.

    Examples:
      metalctl show r7n03
      metalctl show r7n03 --diff    # after a part was swapped
      metalctl show r7n03 --audit   # who switched it off?
    """
    if diff and audit:
        raise click.UsageError("--diff and --audit are two questions: ask one at a time")
    if audit:
        from metalctl.cli._audit import show_audit

        show_audit(node, as_json, config, state_dir)
        return
    if diff:
        from metalctl.cli._changes import show_changes

        show_changes(node, as_json, config, state_dir)
        return
    import json

    from metalctl.cli._state import state_of
    from metalctl.engine.evidence.dossiers import load_dossier
    from metalctl.model.codec import encode

    found = load_dossier(state_of(config, state_dir), node)
    if as_json:
        click.echo(json.dumps(encode(found), indent=2))
    else:
        _print(found)


def _print(found: Dossier) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from metalctl.cli._findings import plain

    # What firmware calls itself may look like markup: "[/bold]" is a name as any other.
    console = Console(highlight=False, markup=False)
    emulated = " (EMULATED: not real hardware)" if found.emulated else ""
    console.print(f"{found.node}  {found.profile}  {found.stage} · {found.condition}{emulated}", style="bold")
    identity = found.identity
    who = f"{identity.manufacturer} {identity.product}  serial {identity.serial or '?'}  BMC {found.bmc_address}"
    console.print(plain(who))
    stages = Table("stage", "condition", "started", "finished", "tries", box=None, header_style="bold")
    for record in found.stages:
        stages.add_row(
            record.stage, record.condition, record.started[11:19], record.finished[11:19], str(record.attempts)
        )
    console.print(stages)
    findings = Table("verdict", "requirement", "expected", "got", "part", "what to do", box=None, header_style="bold")
    for f in sorted(found.findings, key=lambda f: not f.blocks):
        findings.add_row(*(Text(plain(cell)) for cell in _row(f)))
    console.print(findings)
    for artifact in found.artifacts:
        console.print(f"{artifact.kind:<14} {artifact.path}")


def _row(f: Finding) -> tuple[str, ...]:
    from metalctl.cli._findings import by

    verdict = f"{f.verdict} waived" if f.waiver else f"{f.verdict} (warning)" if f.severity == "warning" else f.verdict
    act = f"waived {by(f.waiver)}; {f.remedy}" if f.waiver else f.remedy
    return verdict, f.requirement, f.expected, f.got, f.part, act
