"""`metalctl hold`: a node goes no further."""

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
def hold(nodes: tuple[str, ...], why: str, as_json: bool, config: Path | None, state_dir: Path | None) -> None:
    """Stop a node before its next step. A check or an installation that runs on it runs to its end.

    Its place among the booting nodes is given to another. `metalctl resume NODE` lets it go on.

    Examples:
      metalctl hold r7n03 --why 'the switch is being replaced'
    """
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate

    store = database(config, state_dir)
    each(nodes, lambda node: operate.hold(store, node, operate.who(), why), as_json=as_json)
