"""`metalctl cancel`: nodes end."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._operate import nodes_argument, why_option
from metalctl.cli._options import Home, json_option, state_options


@command()
@nodes_argument
@click.option("--batch", is_flag=True, help="The arguments are batches: all of their nodes that are under way.")
@why_option
@json_option
@state_options
def cancel(nodes: tuple[str, ...], batch: bool, why: str, as_json: bool, home: Home) -> None:
    """End the enrollment of nodes, or of whole batches.

    An installation that is being written is let end first. What is left on the disks is in the node's finding
    (`metalctl show NODE`).

    Examples:
      metalctl cancel r7n03
      metalctl cancel --batch 20261201-091500-4f2a
    """
    from metalctl.cli._operate import database, each
    from metalctl.engine import operate
    from metalctl.engine.operate.cancel import of_batch

    store = database(home)
    if batch:
        nodes = tuple(node for name in nodes for node in of_batch(store, name))
    each(nodes, lambda node: operate.cancel(store, node, operate.who(), why), as_json=as_json)
