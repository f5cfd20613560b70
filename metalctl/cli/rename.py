"""`metalctl rename`: a node is called otherwise."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._operate import why_option
from metalctl.cli._options import Home, json_option, state_options


@command()
@click.argument("node")
@click.argument("new")
@why_option
@json_option
@state_options
def rename(node: str, new: str, why: str, as_json: bool, home: Home) -> None:
    """Give a node another name. Reports and certificates that exist keep the old name.

    Examples:
      metalctl rename r7n03 r7n30
    """
    from metalctl.cli._operate import database, tell
    from metalctl.engine import operate

    tell([operate.rename(database(home), node, new, operate.who(), why)], as_json=as_json)
