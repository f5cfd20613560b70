"""`metalctl release`: a node is trusted again."""

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
def release(nodes: tuple[str, ...], why: str, as_json: bool, config: Path | None, state_dir: Path | None) -> None:
    """End the quarantine of nodes.

    Examples:
      metalctl release r7n03 --why 'label was wrong'
    """
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate

    store = database(config, state_dir)
    each(nodes, lambda node: operate.release(store, node, operate.who(), why), as_json=as_json)
