"""`metalctl bmc get`: one resource as the BMC gives it."""

from __future__ import annotations

from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, settled
from metalctl.cli._numbers import Number


@command()
@click.option("--timeout", type=Number(1, 3600), default=60.0, show_default=True, help="Seconds for all of it.")
@machine_options
@click.argument("path")
def get(path: str, timeout: float, where: str, as_json: bool, **place: Any) -> None:
    """Print the Redfish resource at PATH of a BMC, as it is. Reads only; --json prints it on one line.

    PATH is below /redfish/v1; a query may follow. The certificate is verified before the credential is sent, an answer
    above 4 MiB is cut off, and the session is closed.

    Examples:
      metalctl bmc get cmp1 /redfish/v1/Chassis
    """
    import json

    from metalctl.bmc.redfish import raw
    from metalctl.engine.reach.credentials import credential

    raw.checked(path)
    endpoint, reference = settled(where, **place)
    found = raw.get(endpoint, credential(reference), path, min(timeout, 30.0), timeout)
    click.echo(json.dumps(found) if as_json else json.dumps(found, indent=2))
