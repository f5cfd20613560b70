"""`metalctl bmc clock`: the BMC's clock."""

from __future__ import annotations

from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened, show_change, show_state


@command()
@click.argument("action", type=click.Choice(["set", "status"]))
@machine_options
def clock(action: str, where: str, as_json: bool, **place: Any) -> None:
    """Show by how many seconds the BMC's clock is ahead of this machine's, or set it to UTC.

    Examples:
      metalctl bmc clock set https://10.0.0.11 --credential env:RACK1
    """
    with opened(where, **place) as machine:
        if action == "status":
            show_state(where, "seconds ahead", round(need(machine, "clock_ahead")(), 1), as_json)
            return
        change = need(machine, "set_clock")()
    show_change(where, "seconds ahead", change, as_json)
