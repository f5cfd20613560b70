"""`metalctl bmc sel-clear`: empty the event log."""

from __future__ import annotations

from typing import Any

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened, show_change


@command(name="sel-clear")
@machine_options
def sel_clear(where: str, as_json: bool, **place: Any) -> None:
    """Clear the BMC's event log (SEL). Record it first if it may still be needed.

    Examples:
      metalctl bmc sel-clear cmp1
    """
    with opened(where, **place) as machine:
        change = need(machine, "clear_log")()
    show_change(where, "log entries", change, as_json)
