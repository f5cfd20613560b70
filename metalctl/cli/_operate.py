"""What the commands of an operator have in common: open the store, do each node, say what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done

F = TypeVar("F", bound=Callable[..., Any])


def why_option(function: F) -> F:
    """--why TEXT."""
    return click.option("--why", default="", metavar="TEXT", help="The reason, for the audit trail.")(function)


def database(config: Path | None, state_dir: Path | None) -> Engine:
    """The store of the settings."""
    from metalctl.cli._state import state_of
    from metalctl.store.database import open_database

    return open_database(state_of(config, state_dir).create().store_url)


def each(nodes: Sequence[str], act: Callable[[str], Done], *, as_json: bool) -> None:
    """Do it to each node. The first that is refused ends it: what was done before is told."""
    done: list[Done] = []
    try:
        for node in dict.fromkeys(nodes):
            done.append(act(node))
    finally:
        tell(done, as_json=as_json)


def tell(done: Iterable[Done], *, as_json: bool) -> None:
    """One line a node."""
    from metalctl.model.codec import encode

    listed = list(done)
    if as_json:
        click.echo(json.dumps([encode(one) for one in listed]))
        return
    for one in listed:
        click.echo(f"{one.node} {one.said}")
