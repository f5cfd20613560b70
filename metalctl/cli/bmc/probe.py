"""`metalctl bmc probe`: what a BMC can do, which quirks apply, and whether Ironic's profile holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metalctl.cli._command import command
from metalctl.cli._layout import fold, paint, table
from metalctl.cli._machine import machine_options, need, opened, target
from metalctl.cli._options import InputFile
from metalctl.model.verdict import Verdict, exit_code

if TYPE_CHECKING:
    from metalctl.bmc.capture.conformance import Conformance
    from metalctl.bmc.capture.record import Capture
    from metalctl.bmc.redfish.probe_report import Report


@command()
@click.option(
    "--profile",
    type=InputFile(),
    help="Interoperability profile to check against.",
)
@click.option(
    "--validator", default="rf_interop_validator", show_default=True, help="DMTF's validator, as it is called."
)
@click.option("--conformance/--no-conformance", default=True, show_default=True, help="Check against the profile.")
@machine_options
def probe(profile: Path | None, validator: str, conformance: bool, where: str, as_json: bool, **place: Any) -> int:
    """Show what a BMC can do, the quirks that apply (with their source), and whether Ironic's profile holds.

    Reads only. Without a credential only what a BMC shows to every client is printed. The profile is looked for as
    redfish/OpenStackIronicProfile*.json on the content path; without it, or without the validator (pip install
    redfish-interop-validator), the result is SKIP.

    Exit code 1: the profile does not hold; 3: the validator did not come to an end.

    Examples:
      metalctl bmc probe https://10.0.0.11 --credential env:RACK1
    """
    if "://" in where and not place["credential"]:
        _anonymous(where, as_json, place)
        return 0
    report, result = _probed(where, profile, validator, conformance, place)
    _print_json(where, report, result) if as_json else _print(report, result)
    return exit_code([Verdict(result.verdict)])


def _anonymous(where: str, as_json: bool, place: dict[str, Any]) -> None:
    import json

    from metalctl import bmc

    found = bmc.probe(target(where, **{**place, "credential": "-"})[0])
    told = {"bmc": str(found.endpoint), "product": found.product, "uuid": found.uuid, "fingerprint": found.fingerprint}
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo("\n".join(f"{name}: {value}" for name, value in told.items() if value))
    click.echo("give --credential to see more", err=True)


def _probed(
    where: str, profile: Path | None, validator: str, wanted: bool, place: dict[str, Any]
) -> tuple[Report, Conformance]:
    from metalctl.bmc.capture import conformance

    chosen = profile or conformance.find_profile()
    with opened(where, **place) as machine:
        report = need(machine, "examine")()
        if not wanted:
            return report, conformance.Conformance("SKIP", "not asked for")
        if why := conformance.missing(chosen, validator):
            return report, conformance.Conformance("SKIP", why)
        capture = need(machine, "record")()
    return report, conformance.check(capture, chosen, validator, serve=_served)


@contextmanager
def _served(capture: Capture, username: str, password: str) -> Iterator[str]:
    from metalctl.lab.fleet.replay import Replay

    with Replay(capture.tree, username, password, allow=capture.allow) as served:
        yield served.url


def _print_json(where: str, report: Report, result: Conformance) -> None:
    import json

    click.echo(json.dumps({"node": where, **asdict(report), "conformance": asdict(result)}, indent=2))


def _print(report: Report, result: Conformance) -> None:
    tables = {
        "BMC": table(("fact", "value"), list(report.facts.items())),
        "Capabilities": table(("capability", "", "as read"), [(c.name, c.has, c.detail) for c in report.capabilities]),
        "Quirks that apply": _quirks(report),
    }
    for title, lines in tables.items():
        if lines:
            click.echo("\n".join([paint(title, None, bold=True), *lines, ""]))
    about = " ".join(["Conformance", result.profile]).strip()
    click.echo("\n".join(fold(f"{about}: {result.verdict}: {result.reason}", others="  ")))
    for line in [*result.failures, *(f"not tested: {untested}" for untested in result.untested)]:
        click.echo("\n".join(fold(line, "  ", "    ")))


def _quirks(report: Report) -> list[str]:
    """What is odd, and below it the source: mostly an address, which is not to be broken."""
    lines = []
    for quirk in report.quirks:
        lines += [*fold(quirk.about, f"{quirk.name}: ", "  "), *fold(quirk.source, "  ")]
    return lines
