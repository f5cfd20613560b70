"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class FileNotThere(click.UsageError):
    """Nothing is where a file to read was named."""


class InputFile(click.Path):
    """A file (or a folder, where that is one too) that a command reads: it is said at once where it is not there."""

    def __init__(self, folder: bool = False) -> None:
        super().__init__(dir_okay=folder, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; FileNotThere where nothing is."""
        path: Path = super().convert(value, param, ctx)  # type: ignore[assignment] # path_type says so
        if not path.exists():
            raise FileNotThere(f"{path}: file not found", ctx)
        return path


def state_options(function: F) -> F:
    """--config and --state-dir."""
    where, settings = "Where metalctl remembers. [$METALCTL_STATE]", "Settings file. [$METALCTL_CONFIG]"
    state = click.option("--state-dir", type=click.Path(path_type=Path), envvar="METALCTL_STATE", help=where)
    return click.option("--config", type=InputFile(), envvar="METALCTL_CONFIG", help=settings)(state(function))


def ca_option(text: str) -> Callable[[F], F]:
    """--ca FILE; text: what it is for."""
    return click.option("--ca", type=InputFile(), metavar="FILE", help=text)


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
