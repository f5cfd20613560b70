"""`metalctl unpark`: metalctl goes on with a node."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._operate import why_option
from metalctl.cli._options import json_option, state_options


@command()
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@why_option
@json_option
@state_options
def unpark(nodes: tuple[str, ...], why: str, as_json: bool, config: Path | None, state_dir: Path | None) -> None:
    """Let metalctl go on with parked nodes, and send alerts about them again.

    Examples:
      metalctl unpark r7n03
    """
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate

    store = database(config, state_dir)
    each(nodes, lambda node: operate.unpark(store, node, operate.who(), why), as_json=as_json)
