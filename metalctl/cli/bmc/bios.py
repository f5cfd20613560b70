"""`metalctl bmc bios`: BIOS settings."""

from __future__ import annotations

from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened, show_change
from metalctl.cli._numbers import DAY, Number


@command()
@click.option("--set", "wanted", multiple=True, metavar="NAME=VALUE", help="A setting to make so; may be repeated.")
@click.option("--reboot/--no-reboot", default=True, show_default=True, help="Reboot the machine to apply them.")
@click.option(
    "--timeout", type=Number(1, DAY), default=1200.0, show_default=True, help="Seconds until they must be so."
)
@machine_options
def bios(wanted: tuple[str, ...], reboot: bool, timeout: float, where: str, as_json: bool, **place: Any) -> None:
    """List the BIOS settings, or set some: it succeeds only when they read so after the reboot.

    The machine is power-cycled when something must change, unless --no-reboot is given.

    Examples:
      metalctl bmc bios cmp1 --set ProcVirtualization=Enabled --set BootMode=Uefi
    """
    import json

    pairs = dict(_pair(one) for one in wanted)
    with opened(where, **place) as machine:
        if not pairs:
            settings = need(machine, "bios")()
            lines = [json.dumps(settings, indent=2)] if as_json else [f"{n} = {v}" for n, v in sorted(settings.items())]
            click.echo("\n".join(lines))
            return
        change = need(machine, "set_bios")(pairs, reboot, timeout)
    show_change(where, "BIOS", change, as_json)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--set {text!r}: write it like --set BootMode=Uefi")
    return name, value
