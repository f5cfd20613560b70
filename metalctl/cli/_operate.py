"""What the commands of an operator have in common: open the store, do each node, say what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from metalctl.cli._command import Command, command
from metalctl.cli._options import Home, json_option, state_options

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done

F = TypeVar("F", bound=Callable[..., Any])


def verb(function: Callable[..., Done]) -> Command:
    """A command of `NODE...` that is done to each node in turn, with --why, --json and the state's options.

    The function takes (store, node, actor, why) and its own click options by name; its docstring is the help.
    """

    def call(nodes: tuple[str, ...], why: str, as_json: bool, home: Home, **own: Any) -> None:
        from metalctl.engine import operate

        store, actor = database(home), operate.who()
        each(nodes, lambda node: function(store, node, actor, why, **own), as_json=as_json)

    call.__doc__ = function.__doc__
    decorated = why_option(json_option(state_options(call)))
    decorated.__dict__["__click_params__"] += getattr(function, "__click_params__", [])
    return command(function.__name__)(nodes_argument(decorated))


def nodes_argument(function: F) -> F:
    """NODE..."""
    return click.argument("nodes", nargs=-1, required=True, metavar="NODE...")(function)


def why_option(function: F) -> F:
    """--why TEXT."""
    return click.option("--why", default="", metavar="TEXT", help="The reason, for the audit trail.")(function)


def database(home: Home) -> Engine:
    """The store of the settings."""
    from metalctl.store.database import open_database

    return open_database(home.state().create().store_url)


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
