"""`metalctl bmc boot`: the boot override."""

from __future__ import annotations

from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, opened

DEVICES = ["pxe", "disk", "cd", "usb", "http", "setup", "none", "status"]


@command()
@click.argument("device", type=click.Choice(DEVICES))
@click.option("--mode", type=click.Choice(["uefi", "bios"]), help="Boot mode. [default: as it is]")
@click.option("--persistent", is_flag=True, help="For every boot, not only the next.")
@machine_options
def boot(device: str, mode: str | None, persistent: bool, where: str, as_json: bool, **place: Any) -> None:
    """Choose what the machine boots from, next time or always; `none` takes the choice away, `status` shows it.

    Examples:
      metalctl bmc boot pxe https://10.0.0.11 --mode uefi --credential env:RACK1
    """
    import json

    with opened(where, **place) as machine:
        note = "" if device == "status" else machine.set_boot(device, mode, persistent).note
        state = machine.boot()
    if as_json:
        click.echo(json.dumps({"node": where, "boot": state} | ({"note": note} if note else {})))
    else:
        click.echo(f"{where} boots from: {state}" + (f" ({note})" if note else ""))
