"""`metalctl bmc reset`: restart the BMC itself."""

from __future__ import annotations

from typing import Any

import rich_click as click

from metalctl.cli._machine import machine_options, need, opened, show_change


@click.command()
@machine_options
def reset(where: str, as_json: bool, **place: Any) -> None:
    """Restart the BMC (not the machine) and wait until it serves again; 90 to 200 seconds are normal.

    Example: metalctl bmc reset https://10.0.0.11 --credential env:RACK1
    """
    with opened(where, **place) as machine:
        change = need(machine, "reset_bmc")()
    show_change(where, "BMC", change, as_json)
