"""`metalctl bmc secure-boot`: UEFI secure boot."""

from __future__ import annotations

from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened, show_change, show_state


@command(name="secure-boot")
@click.argument("action", type=click.Choice(["on", "off", "status"]))
@click.option("--reboot/--no-reboot", default=True, show_default=True, help="Reboot the machine to apply it.")
@machine_options
def secure_boot(action: str, reboot: bool, where: str, as_json: bool, **place: Any) -> None:
    """Switch UEFI secure boot on or off: it succeeds only when the machine has booted so.

    Examples:
      metalctl bmc secure-boot on cmp1
    """
    with opened(where, **place) as machine:
        if action == "status":
            state = need(machine, "secure_boot")()
            show_state(where, "secure boot", "not stated" if state is None and not as_json else state, as_json)
            return
        change = need(machine, "set_secure_boot")(action == "on", reboot)
    show_change(where, "secure boot", change, as_json)
