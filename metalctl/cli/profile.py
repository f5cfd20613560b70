"""`metalctl profile`: list, show and check hardware profiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from metalctl.content.errors import Problem
    from metalctl.model.profile import Profile


def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion of a profile's name, or of a file."""
    from metalctl.content import profiles

    found = [CompletionItem(name) for name in profiles.names() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


@click.group()
def profile() -> None:
    """Hardware profiles: what a server of each role must be.

    A profile is a YAML file found on the content path: `$METALCTL_CONTENT`, `/etc/metalctl`, then what metalctl ships.

    Example: `metalctl profile show compute`
    """


@profile.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for programs.")
def list_(as_json: bool) -> None:
    """List every profile on the content path.

    Exit code 2 when one of them has a mistake.

    Example: `metalctl profile list --json`
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
        width = max((len(str(r["name"])) for r in rows), default=0)
        for row in rows:
            click.echo(f"{row['name']!s:<{width}}  {row['role']!s:<10}  {row['summary']}")
    if broken:
        click.echo("see: metalctl profile check NAME", err=True)
        raise SystemExit(2)


@profile.command()
@click.argument("name", shell_complete=complete)
@click.option("--json", "as_json", is_flag=True, help="As JSON, in base units: bytes, bit/s, seconds.")
def show(name: str, as_json: bool) -> None:
    """Show a profile as it is after `extends`.

    NAME is a profile's name or a path that ends in .yaml.

    Example: `metalctl profile show lab/compute`
    """
    from metalctl.content import profiles
    from metalctl.model.codec import encode

    found = profiles.load(name)
    click.echo(json.dumps(encode(found), ensure_ascii=False, indent=2) if as_json else _page(found))


@profile.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list of mistakes.")
def check(files: tuple[str, ...], as_json: bool) -> None:
    """Check profiles and print every mistake as file:line.

    The checks, limits and operating system that a profile names must exist, too. FILE may be a profile's name.
    Exit code 0 when there is no mistake, else 2.

    Example: `metalctl profile check ./compute.yaml`
    """
    problems: list[Problem] = []
    for file in files:
        found = _check(Path(file) if Path(file).exists() else file)
        problems.extend(found)
        if not as_json:
            click.echo("\n".join(map(str, found)) if found else f"{file}: good")
    if as_json:
        shaped = [{"file": p.file, "line": p.line, "message": p.message, "hint": p.hint} for p in problems]
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


def _page(found: Profile) -> str:
    """The profile as a person reads it."""
    lines = [f"{found.name}: {found.summary or found.role}", f"  role      {found.role}"]
    lines += [f"  {label:<9} {text}" for label, text in _requirements(found)]
    lines.append(f"  install   {found.install.os} on the disk with role {found.install.root_disk}")
    lines.append("  checks")
    lines += [f"    {name:<16}{_when(found, name):<18}{_limits(limits)}" for name, limits in found.checks.items()]
    return "\n".join([*lines, f"  file      {found.file}", f"  digest    {found.digest}"])


def _requirements(found: Profile) -> list[tuple[str, str]]:
    needs, rows = found.requires, []
    cpu, memory = needs.cpu, needs.memory
    counts = [(cpu.sockets, "sockets"), (cpu.cores, "cores"), (cpu.threads, "threads")]
    words = [f"{bound.text} {what}" for bound, what in counts if bound]
    words += [" or ".join(cpu.virtualization)] if cpu.virtualization else []
    words += [word for asked, word in ((cpu.kvm, "kvm"), (cpu.iommu, "iommu")) if asked]
    rows.append(("cpu", ", ".join(words)))
    words = [memory.total.text] if memory.total else []
    words += [f"{memory.dimms.text} DIMMs"] if memory.dimms else []
    words += [word for asked, word in ((memory.balanced, "balanced"), (memory.ecc, "ECC")) if asked]
    rows.append(("memory", ", ".join(words)))
    for disk in needs.disks:
        size = f" of {disk.size.text}" if disk.size else ""
        rows.append(("disks", f"{disk.role}: {disk.count.text} × {' or '.join(disk.kind)}{size}"))
    for bond in needs.bonds:
        speed = f" of {bond.speed.text}" if bond.speed else ""
        rows.append(("bond", f"{bond.name}: {bond.members} ports{speed}, {bond.mode}, MTU {bond.mtu}"))
    rows += [("ports", f"{nic.count.text} {nic.speed.text if nic.speed else ''}") for nic in needs.nics]
    rows += [("boot", needs.boot_mode)]
    rows += [("firmware", f"{what}: {json.dumps(bounds)}") for what, bounds in needs.firmware.items()]
    return [(label, text) for label, text in rows if text]


def _when(found: Profile, name: str) -> str:
    parts = [word for names, word in ((found.burn_in, "burn-in"), (found.accept, "accept")) if name in names]
    return "+".join(parts) or "never"


def _limits(limits: dict[str, float | str | bool]) -> str:
    return "  ".join(
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in limits.items()
    )
