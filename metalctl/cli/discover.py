"""`metalctl discover`: which BMCs answer. No credential is sent to anything."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._numbers import PORT, Number
from metalctl.cli._options import Home, InputFile, ca_option, check_output, json_option, state_options


@command()
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--exclude", multiple=True, metavar="TARGET", help="Addresses, ranges or networks to leave alone.")
@click.option("--rate", type=Number(0, 1_000_000), default=2000.0, show_default=True, metavar="PACKETS",
              help="Packets a second; 0 is as fast as it goes.")  # fmt: skip
@click.option("--timeout", type=Number(0.05, 600), default=2.0, show_default=True, help="Seconds to wait for each.")
@click.option("--protocol", "protocols", type=click.Choice(["redfish", "ipmi"]), multiple=True,
              help="Ask over this one only. [default: both]")  # fmt: skip
@click.option("--port", "ports", type=PORT, multiple=True, help="TCP ports of Redfish (HTTPS). [default: 443]")
@click.option("--ipmi-port", type=PORT, default=623, show_default=True, help="UDP port of IPMI.")
@click.option("--expected", type=InputFile(), metavar="FILE",
              help="Manifest of the expected machines; others are reported and go into no nodes file.")  # fmt: skip
@ca_option("CAs (PEM) that must have signed a BMC's certificate; else it is reported and left out of the nodes file.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write a nodes file for enroll.")
@click.option("--credential", default="", metavar="REF", help="Credential reference to put into the nodes file.")
@click.option("--profile", default="", metavar="NAME", help="Profile to put into the nodes file.")
@click.option("--yes", is_flag=True, help="Scan more than a /16 (65536 addresses) without asking.")
@json_option
@state_options
@click.pass_context
def discover(
    ctx: click.Context,
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    rate: float,
    timeout: float,
    protocols: tuple[str, ...],
    ports: tuple[int, ...],
    ipmi_port: int,
    expected: Path | None,
    ca: Path | None,
    output: Path | None,
    credential: str,
    profile: str,
    yes: bool,
    as_json: bool,
    home: Home,
) -> None:
    """Find BMCs over Redfish and IPMI. No credential is sent to anything.

    TARGET is a network (10.0.0.0/24), a range (10.0.0.5-40), an address, a name, a URL (https://10.0.0.7:8443,
    ipmi://10.0.0.7:6230), a CSV file with a column `bmc`, a manifest (rack7.yaml), `ssdp:` (who answers a search on
    the segment; `ssdp:10.0.0.2` searches from that address of ours) or `dhcp:` (addresses that our boot network gave
    out). A machine that answers over both protocols or at two addresses is one row.

    Every argument is checked before the first packet. More than a /16 is scanned only after a yes, or with --yes.

    With --expected, a machine that is missing, or whose serial or MAC address is not the listed one, is a failure.

    Exit codes: 0 done, 1 a listed machine is missing or another, 2 usage, 3 metalctl itself failed.

    Examples:
      metalctl discover 10.0.0.0/24 -o nodes.csv --credential file:racks.json#7
      metalctl discover 10.0.0.0/24 --exclude 10.0.0.1 --json
      metalctl discover 10.0.0.0/24 --expected rack7.yaml -o nodes.csv
      metalctl discover ssdp: dhcp: --json
    """
    from dataclasses import replace

    from metalctl.bmc.discovery import expected as lists
    from metalctl.bmc.discovery.manifest import read_manifest
    from metalctl.bmc.discovery.scan import PROTOCOLS, REDFISH_PORTS, merged
    from metalctl.bmc.discovery.targets import parse_targets
    from metalctl.bmc.tls import authority
    from metalctl.cli import _discover as show
    from metalctl.cli import _discover_checks as checks
    from metalctl.cli._sightings import addresses

    check_output(output)
    listed = read_manifest(expected) if expected else None
    checks.check_columns(credential, profile, listed if output else None)
    seen = addresses(home) if "dhcp:" in targets else {}
    places = [place for target in targets for place in (seen if target == "dhcp:" else (target,))]
    configured = home.settings().bmc.ca
    authorities = ca or (Path(configured) if configured else None)
    if authorities:
        authority(authorities)  # a file that is none is told before anything is sent
    checks.ask(parse_targets(places, exclude), rate, yes)
    ports, protocols = ports or REDFISH_PORTS, protocols or PROTOCOLS
    wish = show.Wish(tuple(places), rate, exclude, timeout, ports, ipmi_port, protocols, authorities)
    answers = [
        p if p.mac else replace(p, mac=seen.get(p.endpoint.address, ""), mac_from="dhcp") for p in show.scan(wish)
    ]
    found = sorted(merged(answers), key=lambda probe: show.order(probe.endpoint.address))
    compared = lists.compare(listed, found) if listed is not None else None
    if compared:
        show.print_json_compared(compared) if as_json else show.print_compared(compared)
    else:
        show.print_json(found) if as_json else show.print_table(found)
    if output:
        from metalctl.cli import _discover_rows as nodes

        nodes.write(output, nodes.rows(compared or found, credential, profile))
    if compared and compared.failed:
        ctx.exit(1)
