"""`metalctl forget`: nodes are removed from the store."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._operate import nodes_argument, why_option
from metalctl.cli._options import Home, json_option, state_options


@command()
@nodes_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@why_option
@json_option
@state_options
def forget(nodes: tuple[str, ...], yes: bool, why: str, as_json: bool, home: Home) -> None:
    """Remove nodes and their enrollments from the store. Written reports and the audit trail stay.

    Nothing is done to the machines.

    Examples:
      metalctl forget r7n03
    """
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate

    store, state = database(home), home.state()
    if not yes:
        click.confirm(f"Forget {', '.join(nodes)}?", abort=True, err=True)
    each(nodes, lambda node: operate.forget(store, state, node, operate.who(), why), as_json=as_json)
