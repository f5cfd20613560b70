"""`metalctl again`: nodes are enrolled once more, as they are known."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._operate import nodes_argument, why_option
from metalctl.cli._options import Home, json_option, state_options


@command()
@nodes_argument
@click.option("--level", type=click.Choice(["quick", "normal", "burn-in"]), default="quick", show_default=True,
              help="How thorough the checks are.")  # fmt: skip
@click.option("--allow-erase", is_flag=True, help="Their disks may be overwritten although they carry data.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@why_option
@json_option
@state_options
def again(
    nodes: tuple[str, ...],
    level: str,
    allow_erase: bool,
    yes: bool,
    why: str,
    as_json: bool,
    home: Home,
) -> None:
    """Queue known nodes again, with their recorded BMC, credential and profile. The service enrolls them.

    It says first what that destroys, and asks.

    Examples:
      metalctl again r7n03 --allow-erase
    """
    from metalctl.cli._again import confirm_again
    from metalctl.cli._operate import database, tell
    from metalctl.engine import operate

    if not yes:
        confirm_again(nodes, allow_erase, home)
    store = database(home)
    trail = {"actor": operate.who(), "why": why, "service": home.settings().boot.network}
    done = operate.again(store, list(dict.fromkeys(nodes)), level=level, allow_erase=allow_erase, **trail)
    tell(done, as_json=as_json)
