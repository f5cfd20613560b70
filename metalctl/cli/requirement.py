"""`metalctl requirement`: what this site added to the keys of profiles, and new ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli._command import group
from metalctl.cli._layout import table
from metalctl.cli._new import new, new_options

if TYPE_CHECKING:
    from metalctl.content.errors import Problem


@group()
def requirement() -> None:
    """List the requirements that your site added to profiles, and add one.

    Examples:
      metalctl requirement list
    """


@requirement.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for programs.")
def list_(as_json: bool) -> None:
    """List the requirements of your site, with the fact that each compares.

    Exit code 2 when one of them has a mistake.

    Examples:
      metalctl requirement list
    """
    from metalctl.content import requirements

    problems: list[Problem] = []
    found = [one for name in requirements.names() if (one := requirements.load(name, problems))]
    rows = [(one.name, ".".join(filter(None, (one.fact, one.parts, one.judged))), one.about) for one in found]
    if as_json:
        keys = ("name", "compares", "about")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], ensure_ascii=False))
    elif not rows and not problems:
        click.echo("your site has added none; to add one: metalctl requirement new NAME")
    elif rows:
        click.echo("\n".join(table(("requirement", "compares", "about"), rows)))
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise SystemExit(2)


@requirement.command("new")
@new_options
def new_(name: str, folder: Path | None) -> None:
    """Write the first version of a requirement, and its test.

    It is one YAML file in `requirements/` of the site; a profile asks for it under `requires: site:`. What is there
    already is not overwritten.

    Examples:
      metalctl requirement new gpu-width
      metalctl requirement new gpu-width --dir ./site
    """
    from metalctl.content import requirements
    from metalctl.content.stubs import Kind

    new(Kind("requirement", "requirements", ".yaml", requirements.names), name, folder, "metalctl requirement list")
