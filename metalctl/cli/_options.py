"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

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
