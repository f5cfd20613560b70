"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def state_options(function: F) -> F:
    """--config and --state-dir."""
    path = click.Path(path_type=Path)
    function = click.option(
        "--state-dir", type=path, envvar="METALCTL_STATE", help="Where metalctl remembers. [$METALCTL_STATE]"
    )(function)
    return click.option("--config", type=path, envvar="METALCTL_CONFIG", help="Settings file. [$METALCTL_CONFIG]")(
        function
    )


def ca_option(text: str) -> Callable[[F], F]:
    """--ca FILE; text: what it is for."""
    path = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)
    return click.option("--ca", type=path, metavar="FILE", help=text)


def json_option(function: F) -> F:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for pipelines.")(function)


def named(profile: str) -> str | Path:
    """What --profile names: a file that is there, else a name on the content path."""
    return Path(profile) if Path(profile).is_file() else profile


def check_output(output: Path | None) -> None:
    """Whether a new file can be written in the end, before what is to stand in it is fetched; UsageError."""
    if output and output.exists():
        raise click.UsageError(f"{output} is there already: name another file, or remove it")
    if output and not os.access(output.parent, os.W_OK | os.X_OK):
        raise click.UsageError(f"nothing can be written into {output.parent}: name a file in another folder")
