"""`metalctl profile`: list, show, check, compare and write hardware profiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from metalctl.cli._command import group
from metalctl.cli._layout import table
from metalctl.cli._options import Home, InputFile, named, state_options

if TYPE_CHECKING:
    from metalctl.content.errors import Problem
    from metalctl.content.inventories import Sides


def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion of a profile's name, or of a file."""
    from metalctl.content import profiles

    found = [CompletionItem(name) for name in profiles.names() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


@group()
def profile() -> None:
    """Hardware profiles: what a server of each role must be.

    A profile is a YAML file found on the content path: `$METALCTL_CONTENT`, `/etc/metalctl`, then what metalctl ships.

    Examples:
      metalctl profile show compute
    """


@profile.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for programs.")
def list_(as_json: bool) -> None:
    """List every profile on the content path.

    Exit code 2 when one of them has a mistake.

    Examples:
      metalctl profile list --json
    """
    from metalctl.content import profiles

    rows, broken = [], False
    for name in profiles.names():
        try:
            found = profiles.load(name)
            rows.append(
                {"name": name, "role": found.role, "summary": found.summary, "file": found.file, "lab": found.lab}
            )
        except profiles.ProfileError as error:
            broken = True
            rows.append(
                {"name": name, "role": "", "summary": f"{len(error.problems)} mistakes", "file": "", "lab": False}
            )
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        cells = [[str(row[key]) for key in ("name", "role", "summary")] for row in rows]
        click.echo("\n".join(table(("profile", "role", "summary"), cells)))
    if broken:
        click.echo("see: metalctl profile check NAME", err=True)
        raise SystemExit(2)


@profile.command()
@click.argument("name", shell_complete=complete)
@click.option("--json", "as_json", is_flag=True, help="As JSON, in base units: bytes, bit/s, seconds.")
def show(name: str, as_json: bool) -> None:
    """Show a profile as it is after `extends`.

    NAME is a profile's name or a path that ends in .yaml.

    Examples:
      metalctl profile show lab/compute
    """
    from metalctl.cli._profile_page import page
    from metalctl.content import profiles
    from metalctl.model.codec import encode

    found = profiles.load(name)
    click.echo(json.dumps(encode(found), ensure_ascii=False, indent=2) if as_json else page(found))


@profile.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list of mistakes.")
def check(files: tuple[str, ...], as_json: bool) -> None:
    """Check profiles and print every mistake as file:line:column.

    The checks, limits and operating system that a profile names must exist, too. FILE may be a profile's name.
    Exit code 0 when there is no mistake, else 2.

    Examples:
      metalctl profile check ./compute.yaml
    """
    problems: list[Problem] = []
    for file in files:
        found = _check(Path(file) if Path(file).exists() else file)
        problems.extend(found)
        if not as_json:
            click.echo("\n".join(map(str, found)) if found else f"{file}: good")
    if as_json:
        shaped = [{**p.place._asdict(), "message": p.message, "hint": p.hint} for p in problems]
        click.echo(json.dumps(shaped, ensure_ascii=False))
    if problems:
        raise SystemExit(2)


def _check(file: str | Path) -> list[Problem]:
    """The mistakes of one file; that there is no such profile is one, too."""
    from metalctl.content import profiles

    try:
        return profiles.check(file)
    except profiles.ProfileError as error:
        return list(error.problems)


@profile.command()
def schema() -> None:
    """Print the JSON Schema of profiles, for editors that complete and check as one types.

    Examples:
      metalctl profile schema > profile.schema.json
    """
    from metalctl.content import profiles

    click.echo(json.dumps(profiles.json_schema(), ensure_ascii=False, indent=2))


@profile.command()
@click.argument("a", shell_complete=complete)
@click.argument("b", shell_complete=complete)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
def diff(a: str, b: str, as_json: bool) -> None:
    """Say what profile B asks differently from profile A, both after `extends`.

    Exit code 0 also when they differ.

    Examples:
      metalctl profile diff compute ./r7-compute.yaml
    """
    from dataclasses import asdict

    from metalctl.content import profiles

    found = profiles.difference(named(a), named(b))
    if as_json:
        click.echo(json.dumps([asdict(d) for d in found], ensure_ascii=False))
        return
    for d in found:
        click.echo(f"{d.key}: {d.before or 'not asked'} → {d.after or 'not asked'}")
    if not found:
        click.echo("they ask the same")


@profile.command("from")
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@click.option("--file", "-f", "files", multiple=True, type=InputFile(), help="An inventory in JSON.")
@click.option("--role", type=click.Choice(["controller", "compute", "storage"]), help="Whose profile it extends.")
@click.option("--tolerance", default="1 %", show_default=True, help="On sizes of disks and on powers.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write it there; it must not exist.")
@state_options
def from_(
    nodes: tuple[str, ...],
    files: tuple[Path, ...],
    role: str | None,
    tolerance: str,
    output: Path | None,
    home: Home,
) -> None:
    """Write a profile from one or several golden machines: nodes that are known, or inventories in files.

    It holds what the machines have in common, and each of them fits it: that is tried before it is printed. What the
    role's profile asks and the machines do not state is taken away, with the reason next to it. Without --role it is
    the role of the nodes, or of the profile that fits best.

    Examples:
      metalctl profile from r7n01 r7n02 --output /etc/metalctl/profiles/r7.yaml
    """
    from metalctl.cli._subject import subject
    from metalctl.content import profiles
    from metalctl.model.errors import UsageError
    from metalctl.model.units import parse_fraction

    if not nodes and not files:
        raise UsageError("no machine is named", hint="name nodes, or give --file INVENTORY.json")
    share = parse_fraction(tolerance)
    if not 0 <= share < 0.5:
        raise UsageError(f"--tolerance {tolerance} is not between 0 and 50 %", hint='write it like "1 %"')
    machines = [subject(node, (), home) for node in nodes]
    machines += [subject(None, (file,), home) for file in files]
    text = profiles.from_machines(machines, role or _role_of(machines), output.stem if output else "golden", share)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}", hint="name a file that does not exist yet") from error
    click.echo(f"{output}: written; read it, then: metalctl profile check {output}")


def _role_of(machines: list[Sides]) -> str:
    """The role that the nodes are enrolled with, else of the profile that fits the first one best."""
    from metalctl.content import profiles
    from metalctl.model.errors import UsageError
    from metalctl.model.match import rank

    if enrolled := {m.dossier.role for m in machines if m.dossier}:
        return min(enrolled)
    known = [profiles.load(name) for name in profiles.names() if "/" not in name]
    first = machines[0]
    best = rank(first.inventory, [p for p in known if not p.lab], first.beside)[:1]
    if not best or not best[0].fits:
        raise UsageError(f"no known profile fits {first.name}, so its role is not known", hint="give --role")
    return best[0].profile.role
