"""`metalctl bmc boot`: the boot override."""

from __future__ import annotations

from typing import Any

import rich_click as click

from metalctl.cli._machine import machine_options, opened

DEVICES = ["pxe", "disk", "cd", "usb", "http", "setup", "none", "status"]


@click.command()
@click.argument("device", type=click.Choice(DEVICES))
@click.option("--mode", type=click.Choice(["uefi", "bios"]), help="Boot mode. [default: as it is]")
@click.option("--persistent", is_flag=True, help="For every boot, not only the next.")
@machine_options
def boot(device: str, mode: str | None, persistent: bool, where: str, as_json: bool, **place: Any) -> None:
    """Choose what the machine boots from, next time or always; `none` takes the choice away, `status` tells it.

    Example: metalctl bmc boot pxe https://10.0.0.11 --mode uefi --credential env:RACK1
    """
    import json

    with opened(where, **place) as machine:
        if device != "status":
            machine.set_boot(device, mode, persistent)
        state = machine.boot()
    click.echo(json.dumps({"node": where, "boot": state}) if as_json else f"{where} boots from: {state}")
