"""`metalctl park`: metalctl stands down."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._operate import why_option
from metalctl.cli._options import json_option, state_options


@command()
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@click.option("--until", metavar="TIME", help="End it automatically: 2026-12-24T18:00 (local time), or +2h, +3d.")
@why_option
@json_option
@state_options
def park(
    nodes: tuple[str, ...], until: str | None, why: str, as_json: bool, config: Path | None, state_dir: Path | None
) -> None:
    """Park nodes: an operator works on them, metalctl stands down and alerts about them are silent.

    A reason must be given. Without --until they are parked until `metalctl unpark NODE`.

    Examples:
      metalctl park r7n03 --why 'DIMM A3 is being replaced' --until +2h
    """
    from metalctl.cli._moment import moment
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate

    store = database(config, state_dir)
    each(nodes, lambda node: operate.park(store, node, operate.who(), why, moment(until)), as_json=as_json)
