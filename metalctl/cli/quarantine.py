"""`metalctl quarantine`: a node is not trusted."""

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
def quarantine(nodes: tuple[str, ...], why: str, as_json: bool, config: Path | None, state_dir: Path | None) -> None:
    """Quarantine nodes: they may be read and matched, and nothing is written to them or installed.

    A reason must be given.

    Examples:
      metalctl quarantine r7n03 --why 'serial does not fit the label'
    """
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate

    store = database(config, state_dir)
    each(nodes, lambda node: operate.quarantine(store, node, operate.who(), why), as_json=as_json)
