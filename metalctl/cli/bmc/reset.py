"""`metalctl bmc reset`: restart the BMC itself."""

from __future__ import annotations

from typing import Any

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened, show_change


@command()
@machine_options
def reset(where: str, as_json: bool, **place: Any) -> None:
    """Restart the BMC (not the machine) and wait until it serves again; 90 to 200 seconds are normal.

    Examples:
      metalctl bmc reset https://10.0.0.11 --credential env:RACK1
    """
    with opened(where, **place) as machine:
        change = need(machine, "reset_bmc")()
    show_change(where, "BMC", change, as_json)
