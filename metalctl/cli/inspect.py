"""`metalctl inspect`: the inventory of a machine, from inside or by its BMC."""

from __future__ import annotations

from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import CA, credential_option, opened
from metalctl.cli._options import ca_option, state_options


@command()
@click.argument("where", metavar="[NODE|BMC]", required=False)
@click.option("--local", is_flag=True, help="This machine, from inside. (A node's is in `show NODE`.)")
@click.option("--out-of-band", is_flag=True, help="NODE, or the machine behind a BMC, as its BMC reports it.")
@credential_option
@click.option("--json", "as_json", is_flag=True, help="Print the inventory as one JSON object.")
@click.option("--wait/--no-wait", default=False, help="With --local: give LLDP the time to hear the switches (33 s).")
@ca_option("With --out-of-band: " + CA)
@state_options
def inspect(where: str | None, local: bool, out_of_band: bool, as_json: bool, wait: bool, **place: Any) -> None:
    """Take the inventory of a machine: processors, memory, disks, ports, firmware and all that hangs on it.

    Reads only. What cannot be read is listed last, with the reason. From inside, serial numbers and DIMMs need root.
    Out of band, the certificate is compared with the recorded one before the credential is sent; what the BMC is
    refused for (it leads to another host, or in a circle) is reported as a finding, with exit code 1.

    Examples:
      metalctl inspect --local --json
      metalctl inspect node7 --out-of-band
      metalctl inspect https://10.0.0.11 --out-of-band --credential env:RACK1 --json
    """
    if local == out_of_band:
        raise click.UsageError("give one of --local and --out-of-band")
    if local:
        if where:
            raise click.UsageError("--local is this machine: it takes no NODE")
        from metalctl.cli.inspect_local import run_local

        run_local(as_json, wait=wait)
        return
    if not where:
        raise click.UsageError("--out-of-band needs a NODE, or a BMC like https://10.0.0.11")
    _outside(where, as_json, **place)


def _outside(where: str, as_json: bool, **place: Any) -> None:
    import json

    from metalctl.cli._inventory_page import plain, show
    from metalctl.model.codec import encode

    with opened(where, **place) as machine:
        taken = machine.inventory()
        refused = [one.remedy for one in getattr(machine, "findings", ())]
    if as_json:
        click.echo(json.dumps(encode(taken), indent=2, ensure_ascii=False))
    else:
        show(taken)
    for one in refused:
        click.echo(f"finding: {plain(one)}", err=True)
    if refused:
        raise SystemExit(1)
