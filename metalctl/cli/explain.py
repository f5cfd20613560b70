"""`metalctl explain`: one finding, whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli import _findings
from metalctl.cli._command import command
from metalctl.cli._layout import fold
from metalctl.cli._options import Home, json_option, named, state_options
from metalctl.cli._subject import inventory_option, placed, subject
from metalctl.cli.profile import complete

if TYPE_CHECKING:
    from metalctl.content.inventories import Sides
    from metalctl.model.finding import Finding
    from metalctl.model.profile import Profile


@command()
@click.argument("words", nargs=-1, metavar="[NODE] FINDING", required=True)
@click.option("--profile", "name", help="Another profile than the node's.", shell_complete=complete)
@inventory_option
@json_option
@state_options
def explain(
    words: tuple[str, ...],
    name: str | None,
    files: tuple[Path, ...],
    as_json: bool,
    home: Home,
) -> None:
    """Explain a finding: what asks for it and where that is written, what each side says, which part, what to do.

    FINDING is its name as `show` and `match` print it, such as memory.channels, or the beginning of one.

    Examples:
      metalctl explain r7n03 disks.osd.count
    """
    from metalctl.model.errors import UsageError

    if len(words) != (1 if files else 2):
        raise UsageError("expected NODE and FINDING", hint="with --inventory FILE only FINDING")
    sides = subject(None if files else words[0], files, home)
    profile = _profile(sides, name)
    chosen = placed(sides, _chosen(sides, profile, words[-1]), home)
    places = {f.requirement: _place(profile, f.requirement) for f in chosen}
    words_of = {f.requirement: _both(sides, profile, f.requirement) for f in chosen}
    if as_json:
        rows = [
            {**row, "written": places[f.requirement], "sides": words_of[f.requirement]}
            for f, row in zip(chosen, _findings.as_json(chosen), strict=True)
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for finding in chosen:
        for line in _findings.lines(finding):
            click.echo(line)
        if place := places[finding.requirement]:
            click.echo("\n".join(fold(f"{place}, profile {profile.name}", "        asked   ")))
        for side, said in words_of[finding.requirement].items():
            click.echo("\n".join(fold(f"{side}: {said}", "        ", "          ")))


def _profile(sides: Sides, name: str | None) -> Profile:
    from metalctl.content import profiles
    from metalctl.model.errors import UsageError

    chosen = name or (sides.dossier.profile if sides.dossier else None)
    if chosen is None:
        raise UsageError("which profile?", hint="give --profile NAME with an inventory file")
    return profiles.load(named(chosen))


def _chosen(sides: Sides, profile: Profile, wanted: str) -> list[Finding]:
    """The findings of that name: of the match as it is now, and what the enrollment stored beside it."""
    from metalctl.content.suggest import suggest
    from metalctl.model.errors import UsageError
    from metalctl.model.match import match

    now = list(match(sides.inventory, profile, sides.beside))
    names = {f.requirement for f in now}
    stored = [f for f in (sides.dossier.findings if sides.dossier else ()) if f.requirement not in names]
    every = [*now, *stored]
    exact = [f for f in every if f.requirement == wanted]
    if found := exact or [f for f in every if f.requirement.startswith(wanted.rstrip(".") + ".")]:
        return found
    raise UsageError(
        f"{sides.name} has no finding {wanted!r}", hint=suggest(wanted, sorted({f.requirement for f in every}))
    )


def _place(profile: Profile, requirement: str) -> str:
    from metalctl.content import profiles

    return str(profiles.where(Path(profile.file), requirement) or "")


def _both(sides: Sides, profile: Profile, requirement: str) -> dict[str, str]:
    """What each side says of it, by itself."""
    from metalctl.model.match import match

    said = {}
    for inventory in (sides.inventory, sides.beside):
        if inventory is None:
            continue
        found = [f for f in match(inventory, profile) if f.requirement == requirement]
        words = "; ".join(f"{f.verdict} {f.got}" + (f" ({f.part})" if f.part else "") for f in found)
        said[f"{inventory.source}, taken {inventory.taken or 'at an unknown time'}"] = words or "nothing"
    return said
