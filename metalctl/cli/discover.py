"""`metalctl discover`: which BMCs answer. No credential is sent to anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from metalctl.cli._options import json_option

if TYPE_CHECKING:
    from metalctl.bmc import Probe

SHOWN_AFTER = 2.0


@click.command()
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--exclude", multiple=True, metavar="TARGET", help="Addresses, ranges or networks to leave alone.")
@click.option("--rate", type=click.FloatRange(min=0.1), default=500.0, show_default=True, help="Addresses a second.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.05), default=2.0, show_default=True, help="Seconds to wait for each."
)
@click.option(
    "--port", "ports", type=click.IntRange(1, 65535), multiple=True, help="TCP ports of Redfish (HTTPS). [default: 443]"
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write a nodes file for enroll.")
@click.option("--credential", default="", metavar="REF", help="Credential reference to put into the nodes file.")
@click.option("--profile", default="", metavar="NAME", help="Profile to put into the nodes file.")
@json_option
def discover(
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    rate: float,
    timeout: float,
    ports: tuple[int, ...],
    output: Path | None,
    credential: str,
    profile: str,
    as_json: bool,
) -> None:
    """Find BMCs over Redfish and IPMI. No credential is sent to anything.

    TARGET is a network (10.0.0.0/24), a range (10.0.0.5-40), an address, a name, a URL (https://10.0.0.7:8443,
    ipmi://10.0.0.7:6230) or a CSV file with a column `bmc`. A machine that answers over both protocols is one row.

    Example: metalctl discover 10.0.0.0/24 --exclude 10.0.0.1 -o nodes.csv --credential file:secrets.json#rack1
    """
    from metalctl.bmc.scan import REDFISH_PORTS

    if output and output.exists():
        raise click.UsageError(f"{output} is there already: name another file, or remove it")
    scan = _Shown(targets, rate, exclude, timeout, ports or REDFISH_PORTS)
    found = sorted(scan.found(), key=lambda probe: _order(probe.endpoint.address))
    if output:
        _write(output, found, credential, profile)
    _print_json(found) if as_json else _print_table(found)
    if output:
        click.echo(f"{output}: {len(found)} nodes", err=True)


class _Shown:
    """A scan whose progress is shown on standard error once it takes longer than two seconds."""

    def __init__(
        self, targets: tuple[str, ...], rate: float, exclude: tuple[str, ...], timeout: float, ports: tuple[int, ...]
    ) -> None:
        self._targets, self._rate, self._exclude, self._timeout, self._ports = targets, rate, exclude, timeout, ports

    def found(self) -> Iterator[Probe]:
        """The BMCs, as they answer."""
        import time

        from rich.console import Console
        from rich.progress import Progress as Bar

        from metalctl.bmc.scan import Progress, discover

        begun = time.monotonic()
        with Bar(console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
            task = bar.add_task("scanning", total=None, visible=False)

            def show(at: Progress) -> None:
                if time.monotonic() - begun > SHOWN_AFTER:
                    what = f"scanning: {at.done} of {at.total} addresses, {at.found} BMCs"
                    bar.update(task, completed=at.done, total=at.total, description=what, visible=True)
                    bar.refresh()

            yield from discover(
                self._targets,
                rate=self._rate,
                exclude=self._exclude,
                timeout=self._timeout,
                ports=self._ports,
                progress=show,
            )


def _order(address: str) -> tuple[int, int, str]:
    """Addresses by number, names after them."""
    from ipaddress import ip_address

    try:
        parsed = ip_address(address)
    except ValueError:
        return 9, 0, address
    return parsed.version, int(parsed), ""


def _print_json(found: list[Probe]) -> None:
    import json

    click.echo(json.dumps([_row(probe) for probe in found], indent=2))


def _row(probe: Probe) -> dict[str, object]:
    return {
        "bmc": str(probe.endpoint),
        "address": probe.endpoint.address,
        "protocols": [probe.protocol, *probe.also],
        "product": probe.product,
        "uuid": probe.uuid,
        "fingerprint": probe.fingerprint,
    }


def _print_table(found: list[Probe]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not found:
        click.echo("no BMC answered\n  → is the management network reachable from here, and IPMI over LAN enabled?")
        return
    table = Table("BMC", "speaks", "product", "certificate (SHA-256)")
    for probe in found:
        speaks = " + ".join([probe.protocol, *probe.also])
        table.add_row(str(probe.endpoint), speaks, probe.product, probe.fingerprint[:16])
    Console().print(table)


def _write(output: Path, found: list[Probe], credential: str, profile: str) -> None:
    import csv

    from metalctl.bmc import default_name
    from metalctl.bmc.nodes_csv import COLUMNS

    with output.open("x", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for probe in found:
            writer.writerow([default_name(probe.endpoint), str(probe.endpoint), credential, profile])
