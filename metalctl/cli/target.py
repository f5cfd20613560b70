"""`metalctl target`: the handover targets there are, and new ones."""

from __future__ import annotations

import json
from pathlib import Path

import click

from metalctl.cli._command import group
from metalctl.cli._layout import table
from metalctl.cli._new import new, new_options


@group()
def target() -> None:
    """List the handover targets, and add one of your own.

    Examples:
      metalctl target list
    """


@target.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for programs.")
def list_(as_json: bool) -> None:
    """List every handover target; one of the site is loaded for it.

    Examples:
      metalctl target list
    """
    from metalctl import handover

    rows = [(name, (handover.target(name).__doc__ or "").partition("\n")[0]) for name in handover.targets()]
    if as_json:
        click.echo(json.dumps([{"name": name, "summary": summary} for name, summary in rows], ensure_ascii=False))
    else:
        click.echo("\n".join(table(("target", "what it writes"), rows)))


@target.command("new")
@new_options
def new_(name: str, folder: Path | None) -> None:
    """Write the first version of a handover target, and its test.

    It is one Python file in `targets/` of the site, with three functions: hand_over, read_back and preview. What is
    there already is not overwritten.

    Examples:
      metalctl target new assets
      metalctl target new assets --dir ./site
    """
    from metalctl import handover
    from metalctl.content.stubs import Kind

    kind = Kind("target", "targets", ".py", handover.targets)
    new(kind, name, folder, "metalctl target list", "metalctl handover {stem} --dry-run")
