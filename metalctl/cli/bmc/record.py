"""`metalctl bmc record`: a capture of a BMC's Redfish tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened
from metalctl.cli._options import check_output


@command()
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The archive, .tar.gz."
)
@click.option("--scrub-serials", is_flag=True, help="Replace serial numbers, UUIDs and MAC addresses consistently.")
@machine_options
def record(output: Path, scrub_serials: bool, where: str, as_json: bool, **place: Any) -> None:
    """Record all that a BMC answers, for tests and fault reports; `metalctl bmc replay` serves it.

    Reads only; it takes minutes on a slow BMC. Passwords, tokens, keys, certificates and licences are left out.

    Examples:
      metalctl bmc record r7n03 -o r7n03.tar.gz --scrub-serials
      metalctl bmc record https://10.0.0.11 -o r7n03.tar.gz --credential env:RACK1
    """
    import json

    from metalctl.bmc.capture.record import save

    check_output(output)
    with opened(where, **place) as machine:
        capture = need(machine, "record")().scrubbed(scrub_serials)
    save(capture, output, output.name.split(".")[0] or "bmc")
    told = {"file": str(output), "resources": len(capture.tree), "left_out": capture.left_out}
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"{output}: {len(capture.tree)} resources")
    for path, why in list(capture.left_out.items())[:10]:
        click.echo(f"  left out {path}: {why}", err=True)
    if (more := len(capture.left_out) - 10) > 0:
        click.echo(f"  and {more} more (see capture.json in the archive)", err=True)
