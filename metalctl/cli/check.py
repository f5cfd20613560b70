"""`metalctl check`: the checks there are, and their manuals."""

from __future__ import annotations

import difflib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from metalctl.cli._command import group
from metalctl.cli._layout import fold
from metalctl.cli._new import new, new_options

if TYPE_CHECKING:
    from metalctl.content.checks import Check


def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion of a check's name."""
    from metalctl.content import checks

    return [CompletionItem(n, help=c.summary) for n, c in checks.catalogue().items() if n.startswith(incomplete)]


@group()
def check() -> None:
    """The acceptance and burn-in checks: what each is, what it measures, which limits it reads.

    Checks run on the nodes, by the profile: see `metalctl profile show`. Here they are only read, never run.

    Examples:
      metalctl check show wal-fsync
    """


@check.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for programs.")
def list_(as_json: bool) -> None:
    """List every check on the content path.

    Examples:
      metalctl check list
    """
    from metalctl.content import checks

    known = checks.catalogue()
    if as_json:
        click.echo(json.dumps([asdict(found) for found in known.values()], ensure_ascii=False))
        return
    width = max(map(len, known), default=0)
    for name, found in known.items():
        click.echo(f"{name:<{width}}  {found.facts.get('component', ''):<9}  {found.summary}")


@check.command()
@click.argument("name", shell_complete=complete)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def show(name: str, as_json: bool) -> None:
    """Show a check's manual: purpose, limits, what it leaves as evidence, the source of its numbers.

    Examples:
      metalctl check show nvme-randread
    """
    from metalctl.content import checks
    from metalctl.model.errors import UsageError

    known = checks.catalogue()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise UsageError(
            f"no check is called {name!r}", hint=f"did you mean {near[0]}?" if near else "see: metalctl check list"
        )
    found = known[name]
    click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2) if as_json else _page(found))


@check.command("new")
@new_options
def new_(name: str, folder: Path | None) -> None:
    """Write the first version of a check, and its test.

    It is one Python file in `checks/` of the site; it runs on the nodes whose profile names it. What is there already
    is not overwritten.

    Examples:
      metalctl check new port-speed
      metalctl check new port-speed --dir ./site
    """
    from metalctl.content import checks
    from metalctl.content.stubs import Kind

    new(Kind("check", "checks", ".py", lambda: list(checks.catalogue())), name, folder, f"metalctl check show {name}")


_LIMITS = {"required": "required", "none": "optional"}


def _reflowed(manual: str) -> list[str]:
    """A manual in the terminal's width: a full line of its file and the next one are one paragraph."""
    paragraphs: list[str] = []
    full = False
    for line in manual.splitlines():
        if full and line and not line.startswith(" "):
            paragraphs[-1] += f" {line}"
        else:
            paragraphs.append(line)
        full = len(line) > 100
    return [line for text in paragraphs for line in fold(text.lstrip(), " " * (len(text) - len(text.lstrip())))]


def _page(found: Check) -> str:
    manual = found.manual.strip() or found.summary or "(it has no manual)"
    lines = [found.name, "", *_reflowed(manual), ""]
    lines += [line for key, value in found.facts.items() for line in fold(str(value), f"{key:<10} ")]
    if found.limits:
        limits = ", ".join(f"{name} ({_LIMITS.get(d, f'default {d}')})" for name, d in found.limits.items())
        lines += fold(limits, "limits     ")
    return "\n".join([*lines, f"file       {found.file}"])
