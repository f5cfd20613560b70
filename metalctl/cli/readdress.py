"""`metalctl readdress`: a node's BMC is at another address."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._operate import why_option
from metalctl.cli._options import Home, json_option, state_options


@command()
@click.argument("node")
@click.argument("address", required=False, metavar="[BMC]")
@click.option("--swap", metavar="NODE", help="The addresses of these two nodes were swapped.")
@click.option(
    "--unseen", multiple=True, metavar="NODE", help="Move this node even if it is unknown which machine is there."
)
@why_option
@json_option
@state_options
def readdress(
    node: str,
    address: str | None,
    swap: str | None,
    unseen: tuple[str, ...],
    why: str,
    as_json: bool,
    home: Home,
) -> None:
    """Change the address of a node's BMC, or swap the addresses of two nodes.

    The machine there is logged in to and asked who it is: another one is refused, and so is one that
    does not say, unless --unseen names its node. No credential is sent where another certificate is shown than is
    recorded.

    Examples:
      metalctl readdress r7n03 https://10.0.0.33
      metalctl readdress r7n03 --swap r7n04
    """
    if bool(address) == bool(swap):
        raise click.UsageError("give the new address of the BMC, or --swap NODE")
    from metalctl.cli._operate import database, tell
    from metalctl.engine import operate

    store = database(home)
    done = operate.readdress(
        store, node, address or "", swap_with=swap or "", actor=operate.who(), why=why, unseen=unseen
    )
    tell(done, as_json=as_json)
