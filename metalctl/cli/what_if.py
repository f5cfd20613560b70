"""`metalctl what-if`: stored inventories and results held to other requirements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli import _findings
from metalctl.cli._command import command
from metalctl.cli._errors import exit_with
from metalctl.cli._layout import fold
from metalctl.cli._options import Home, json_option, named, state_options
from metalctl.cli._subject import inventory_option, placed, subject
from metalctl.cli.profile import complete

if TYPE_CHECKING:
    from metalctl.content.inventories import Sides
    from metalctl.model.finding import Finding
    from metalctl.model.profile import Profile

_FIT = {0: "would fit", 1: "would not fit", 3: "may fit"}


@command("what-if")
@click.argument("node", required=False)
@click.option("--profile", "name", required=True, help="The other profile, or its file.", shell_complete=complete)
@click.option("--all", "everything", is_flag=True, help="Print what passes, too.")
@inventory_option
@json_option
@state_options
def what_if(
    node: str | None,
    name: str,
    everything: bool,
    files: tuple[Path, ...],
    as_json: bool,
    home: Home,
) -> None:
    """Show what another profile would find, from stored data; the node is not touched.

    The stored inventories are matched again, and the stored measurements of checks are compared with the limits of the
    other profile. A check that was never run, or whose measurement is not known, is UNKNOWN.

    Exit code 0 when nothing would block, 1 when something would fail, 3 when nothing would fail and something is
    UNKNOWN.

    Examples:
      metalctl what-if r7n03 --profile ./stricter.yaml
    """
    from metalctl.content import profiles

    sides = subject(node, files, home)
    new = profiles.load(named(name))
    old = _old(sides)
    changed = _was_changed(sides, old)
    findings = list(placed(sides, _after(sides, old, new, changed), home))
    moved = _moved(sides, old, findings)
    blocked = any(f.blocks for f in findings)
    if as_json:
        told = {"node": sides.name, "profile": new.name, "was": old.name if old else "", "fits": not blocked}
        told["was_changed"] = changed
        click.echo(json.dumps({**told, "changed": moved, "findings": _findings.as_json(findings)}, ensure_ascii=False))
    else:
        shown = moved if everything else {r: pair for r, pair in moved.items() if set(pair) & {"FAIL", "UNKNOWN"}}
        click.echo("\n".join(_head(sides.name, old, new, changed, shown, findings)))
        if len(shown) < len(moved):
            click.echo(f"  {len(moved) - len(shown)} more are asked for newly, or no longer (--all prints them)")
        _findings.show(findings, everything)
    exit_with(_findings.code_of(findings))


def _head(
    name: str,
    old: Profile | None,
    new: Profile,
    changed: bool,
    moved: dict[str, tuple[str, str]],
    findings: list[Finding],
) -> list[str]:
    """The verdict, and which requirements have another one now."""
    why = _findings.counted(findings)
    told = fold(f"{name} {_FIT[_findings.code_of(findings)]} {new.name}{f': {why}' if why else ''}", others="  ")
    if old and changed:
        unknown = "was changed since the node was matched: the limits of its checks are not known"
        told += fold(f"{old.name} {unknown}", "  ")
    for requirement, (before, after) in moved.items():
        told += fold(f"{requirement}: {before or 'not asked'} → {after or 'not asked'}", "  ", "    ")
    return told


def _old(sides: Sides) -> Profile | None:
    """The profile that the node was enrolled with; None for a mere inventory."""
    from metalctl.content import profiles

    return profiles.load(sides.dossier.profile) if sides.dossier else None


def _was_changed(sides: Sides, old: Profile | None) -> bool:
    """Whether the node's profile is no longer what the node was matched against."""
    then = sides.dossier.profile_digest if sides.dossier else ""
    return bool(old and then and then != old.digest)


def _after(sides: Sides, old: Profile | None, new: Profile, changed: bool) -> list[Finding]:
    from metalctl.model.match import match
    from metalctl.model.replay import replay

    found = list(match(sides.inventory, new, sides.beside))
    if sides.dossier and old:
        found += replay((r for run in sides.dossier.runs for r in run.results), old, new, changed=changed)
    return found


def _moved(sides: Sides, old: Profile | None, findings: list[Finding]) -> dict[str, tuple[str, str]]:
    """Requirement → verdict under the old profile and now, where they differ."""
    from metalctl.model.match import match
    from metalctl.model.verdict import combine

    if old is None:
        return {}
    names: dict[str, tuple[list[Finding], list[Finding]]] = {}
    for f in match(sides.inventory, old, sides.beside):
        names.setdefault(f.requirement, ([], []))[0].append(f)
    for f in findings:
        if not f.requirement.startswith("check."):
            names.setdefault(f.requirement, ([], []))[1].append(f)

    def verdict(found: list[Finding]) -> str:
        return str(combine(f.verdict for f in found)) if found else ""

    both = {name: (verdict(before), verdict(after)) for name, (before, after) in names.items()}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}
