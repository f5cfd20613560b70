"""`metalctl match`: what was read of a machine against a profile, or against all."""

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
from metalctl.model.verdict import Verdict, exit_code

if TYPE_CHECKING:
    from metalctl.content.inventories import Sides
    from metalctl.model.match import Ranked

AUTO = "auto"
_FIT = {0: "fits", 1: "does not fit", 3: "may fit"}


@command()
@click.argument("node", required=False)
@click.option("--profile", "name", help="A profile, a file, or `auto` to rank all.", shell_complete=complete)
@click.option("--all", "everything", is_flag=True, help="Print what passes, too.")
@inventory_option
@json_option
@state_options
def match(
    node: str | None,
    name: str | None,
    everything: bool,
    files: tuple[Path, ...],
    as_json: bool,
    home: Home,
) -> None:
    """Compare what was read of a machine with a profile; the machine is not touched.

    Without --profile it is the one that the node is enrolled with, for a file `auto`: all profiles, the best fit first,
    each with what stands against it.

    Exit code 0 when a profile fits, 1 when something is wrong with the machine, 3 when nothing is wrong and something
    is UNKNOWN.

    Examples:
      metalctl match r7n03 --profile auto
    """
    from metalctl.content import profiles
    from metalctl.model.match import match as find

    sides = subject(node, files, home)
    chosen = name or (sides.dossier.profile if node and sides.dossier else AUTO)
    if chosen == AUTO:
        _auto(sides, as_json)
        return
    profile = profiles.load(named(chosen))
    findings = placed(sides, find(sides.inventory, profile, sides.beside), home)
    blocked = any(f.blocks for f in findings)
    if as_json:
        told = {"node": sides.name, "profile": profile.name, "fits": not blocked}
        click.echo(json.dumps({**told, "findings": _findings.as_json(findings)}, ensure_ascii=False))
    else:
        said = f"{_FIT[_findings.code_of(findings)]} {profile.name}"
        why = _findings.counted(findings)
        click.echo("\n".join(fold(f"{sides.name} {said}{f': {why}' if why else ''}", others="  ")))
        _findings.show(findings, everything)
    exit_with(_findings.code_of(findings))


def _auto(sides: Sides, as_json: bool) -> None:
    """Every profile; those of the lab only for emulated machines."""
    from metalctl.content import profiles
    from metalctl.model.match import rank

    known = [profiles.load(name) for name in profiles.names()]
    ranked = rank(sides.inventory, [p for p in known if sides.inventory.emulated or not p.lab], sides.beside)
    if as_json:
        click.echo(json.dumps([_row(r) for r in ranked], ensure_ascii=False))
    else:
        best = ranked[0].profile.name if ranked and ranked[0].fits else "no profile"
        click.echo(_findings.plain(f"{sides.name}: {best} fits best"))
        for r in ranked:
            _tell(r)
    exit_with(_code(ranked))


def _code(ranked: list[Ranked]) -> int:
    """0 when one fits, 3 when one would if more were known, 1 when each has something against it."""
    if any(r.fits for r in ranked):
        return exit_code([Verdict.PASS])
    unclear = any(not r.failed for r in ranked)
    return exit_code([Verdict.UNKNOWN if unclear else Verdict.FAIL])


def _row(r: Ranked) -> dict[str, object]:
    failed, unknown = [f.requirement for f in r.failed], [f.requirement for f in r.unknown]
    reasons = {"failed": failed, "unknown": unknown, "reasons": r.reasons}
    return {"profile": r.profile.name, "fits": r.fits, "use": round(r.use, 3), **reasons}


def _tell(r: Ranked) -> None:
    state = "fits" if r.fits else f"{len(r.failed)} wrong, {len(r.unknown)} not known"
    told = ["", *fold(f"{r.profile.name}: {state}; it would use {r.use:.0%} of the machine", others="  ")]
    told += [line for reason in r.reasons[:8] for line in fold(reason, "  ", "    ")]
    if len(r.reasons) > 8:
        told.append(f"  and {len(r.reasons) - 8} more: metalctl match --profile {r.profile.name}")
    click.echo("\n".join(told))
