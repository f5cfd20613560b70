"""`metalctl bmc led`: the locator LED."""

from __future__ import annotations

from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened, show_change, show_state


@command()
@click.argument("action", type=click.Choice(["on", "off", "status"]))
@machine_options
def led(action: str, where: str, as_json: bool, **place: Any) -> None:
    """Light the locator LED, put it out, or say whether it is lit.

    Examples:
      metalctl bmc led on cmp1
    """
    with opened(where, **place) as machine:
        if action == "status":
            show_state(where, "locator", need(machine, "locator")(), as_json)
            return
        change = need(machine, "set_locator")(action == "on")
    show_change(where, "locator", change, as_json)
