"""`metalctl doctor`: what this provisioner lacks, each with the command that mends it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from metalctl.cli._command import command

PURPOSES = ["serve", "lab", "test"]
SECTIONS = ["base", "serve", "lab", "unit", "test", "deb"]
MARKS = {"PASS": "ok", "FAIL": "LACKS", "UNKNOWN": "unsure", "SKIP": "-"}


@command()
@click.option(
    "--for",
    "purpose",
    type=click.Choice(PURPOSES),
    default="serve",
    show_default=True,
    help="What the machine is for: to boot servers, also to hold an emulated rack, also to run the tests.",
)
@click.option(
    "--packages",
    "section",
    type=click.Choice(SECTIONS),
    help="Only print the names of the Debian packages of this section, one a line.",
)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, for programs.")
def doctor(purpose: str, section: str | None, as_json: bool) -> None:
    """List what this machine needs to run metalctl, and the command that installs or fixes it.

    Where systemd runs, also what is missing in the unit of `metalctl serve --unit`. It only looks, and changes nothing.
    Exit code 0 when nothing is missing, else 3.

    Examples:
      metalctl doctor --for lab
      apt-get install -y $(metalctl doctor --packages lab)
    """
    from metalctl.content import host

    if section:
        names = host.packages(section)
        click.echo(json.dumps(names) if as_json else "\n".join(names))
        return
    from metalctl.engine.serving import unit

    looks = unit.with_unit(host.examine(purpose), unit.examine())
    if as_json:
        click.echo(json.dumps([asdict(look) for look in looks], ensure_ascii=False))
    else:
        for look in looks:
            mend = f"\n         → {look.mend}" if look.mend else ""
            click.echo(f"{MARKS[look.verdict]:<8} {look.what}: {look.got}{mend}")
    # What could not be told is not fine: UNKNOWN never becomes PASS. A SKIP does not concern this machine.
    if any(look.verdict not in ("PASS", "SKIP") for look in looks):
        raise SystemExit(3)
