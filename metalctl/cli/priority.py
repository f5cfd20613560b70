"""`metalctl priority`: who boots first."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._numbers import Count
from metalctl.cli._operate import why_option
from metalctl.cli._options import json_option, state_options


@command()
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@click.option("--set", "number", type=Count(-100, 100), required=True, help="Higher boots first; 0 is usual.")
@why_option
@json_option
@state_options
def priority(
    nodes: tuple[str, ...], number: int, why: str, as_json: bool, config: Path | None, state_dir: Path | None
) -> None:
    """Say which nodes boot first when places are short.

    Examples:
      metalctl priority r7n03 --set 10
    """
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate

    store = database(config, state_dir)
    each(nodes, lambda node: operate.prioritize(store, node, number, operate.who(), why), as_json=as_json)
