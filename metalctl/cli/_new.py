"""`metalctl check|quirk|requirement|target new`: a plug-in's stub and its test, and the commands that come next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from metalctl.content.stubs import Kind

F = TypeVar("F", bound=Callable[..., Any])


def new_options(function: F) -> F:
    """NAME and --dir."""
    text = "The folder of the site. [default: the first of $METALCTL_CONTENT, else /etc/metalctl]"
    option = click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help=text)
    return click.argument("name")(option(function))


def new(kind: Kind, name: str, folder: Path | None, *following: str) -> None:
    """Write both files, name them, and print what to type next. following: commands, {file} is the plug-in's path."""
    from metalctl.content import paths, stubs

    site = (folder or stubs.site()).absolute()
    plugin, test = stubs.write(kind, name, site)
    known = [root.absolute() for root in paths.roots()]
    lines = [] if site in known else [f"export METALCTL_CONTENT={shlex.quote(str(site))}"]
    lines += [line.format(file=plugin, stem=plugin.stem) for line in following]
    lines.append(f"{sys.executable} -m pytest {test}")
    click.echo(f"{plugin}: written; edit it\n{test}: its test\nThen:")
    click.echo("\n".join(f"  {line}" for line in lines))
