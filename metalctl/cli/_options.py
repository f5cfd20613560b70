"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from metalctl.engine.settings import Settings
    from metalctl.engine.state import StateDir

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


@dataclass(frozen=True, slots=True)
class Home:
    """Where the settings and the state of a command are: its --config and --state-dir."""

    config: Path | None
    state_dir: Path | None

    def settings(self) -> Settings:
        """All settings. Raises SettingsMistakes."""
        from metalctl.engine.settings import load

        return load(self.config, self.state_dir)

    def state(self) -> StateDir:
        """As the settings say; where there is no settings file, the library that reads them is not loaded."""
        from metalctl.engine.state import StateDir, default_state_dir, settings_file

        if settings_file(self.config) is None:
            return StateDir(self.state_dir or default_state_dir())
        return self.settings().state


def state_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--config and --state-dir; the function takes them as `home`."""

    @wraps(function)
    def call(config: Path | None, state_dir: Path | None, **given: Any) -> Any:
        return function(home=Home(config, state_dir), **given)

    where, settings = "State directory. [$METALCTL_STATE]", "Settings file. [$METALCTL_CONFIG]"
    state = click.option("--state-dir", type=click.Path(path_type=Path), envvar="METALCTL_STATE", help=where)
    return click.option("--config", type=InputFile(), envvar="METALCTL_CONFIG", help=settings)(state(call))


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
