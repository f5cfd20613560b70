"""The machine that a command is about: a node that metalctl remembers, or inventories in files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from metalctl.cli._options import Home, InputFile

if TYPE_CHECKING:
    from metalctl.content.inventories import Sides
    from metalctl.model.finding import Finding

F = TypeVar("F", bound=Callable[..., Any])


def inventory_option(function: F) -> F:
    """--inventory FILE, which may be given twice: one of each side."""
    return click.option(
        "--inventory",
        "-i",
        "files",
        multiple=True,
        type=InputFile(),
        metavar="FILE",
        help="A JSON file instead of a node (of `inspect --json` or `show --json`); twice: one of each side.",
    )(function)


def placed(sides: Sides, found: Sequence[Finding], home: Home) -> tuple[Finding, ...]:
    """The findings; what is missing at an enrolled node is named by the place that its peers fill."""
    if sides.dossier is None:
        return tuple(found)
    from metalctl.engine.evidence.peers import named_in

    state = home.state()
    if not state.remembers:  # the dossier is from a file
        return tuple(found)
    return named_in(state, sides.dossier.node, sides.dossier.profile, sides.inventory, found)


def subject(node: str | None, files: Sequence[Path], home: Home) -> Sides:
    """The machine; a UsageError where neither or both are named."""
    from metalctl.content import inventories
    from metalctl.model.errors import UsageError

    if bool(node) == bool(files):
        raise UsageError("name a node, or give its inventory", hint="metalctl nodes lists nodes; else --inventory FILE")
    if files:
        return inventories.read(list(files))
    from metalctl.engine.evidence.dossiers import load_dossier

    return inventories.of_dossier(load_dossier(home.state(), node or ""))
