"""`metalctl enroll`: take nodes in and walk them to the cloud."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._options import Home, InputFile, ca_option, json_option, state_options


@command()
@click.argument("nodes", nargs=-1, metavar="NODES.csv | NODE...")
@click.option("--level", type=click.Choice(["quick", "normal", "burn-in"]), default="quick", show_default=True,
              help="How thorough the checks are.")  # fmt: skip
@click.option("--allow-erase", is_flag=True,
              help="Disks that carry data may be overwritten; with --retry those of the nodes named.")  # fmt: skip
@click.option("--full-read", is_flag=True,
              help="Disks count as empty only when they were read from end to end, which takes hours.")  # fmt: skip
@click.option("--retry", is_flag=True, help="Retry failed nodes: the arguments are their names.")
@click.option("--again", multiple=True, metavar="NODE",
              help="Do this node once more, although it is handed over: power-cycle and install it.")  # fmt: skip
@click.option("--yes", is_flag=True, help="With --again: do not ask.")
@click.option("--expected", type=InputFile(), metavar="FILE",
              help="Manifest of the expected machines; other rows are reported and not enrolled.")  # fmt: skip
@ca_option("CAs that sign the BMCs' certificates (PEM); remembered with the nodes. [default: the settings' bmc.ca]")
@click.option("--detach", is_flag=True, help="Only queue the nodes to the running service; do not follow them.")
@json_option
@state_options
@click.pass_context
def enroll(
    ctx: click.Context,
    nodes: tuple[str, ...],
    level: str,
    allow_erase: bool,
    full_read: bool,
    retry: bool,
    again: tuple[str, ...],
    yes: bool,
    expected: Path | None,
    ca: Path | None,
    detach: bool,
    as_json: bool,
    home: Home,
) -> None:
    """Enroll the nodes of a CSV file, from discovered to handed over.

    The CSV has the columns name, bmc, credential and profile. Where `metalctl serve` runs the nodes are queued to it,
    else this command serves until the batch has ended. Nothing is written to a disk before the node matches its
    profile, and none that carries data without --allow-erase. Whether a disk is empty is read: known signatures, its
    first and last 16 MiB and 256 places between, or all of it with --full-read. Anything but zeros is data.

    Nodes that are handed over already are left alone: the same file can be enrolled again after rows were added.

    A BMC's certificate is recorded on first contact, and another one is refused from then on. With --ca (or bmc.ca in
    the settings) it must be signed by these CAs instead, now and at every later connection.

    --retry is for after the repair: a node that failed up to its installation boots the ramdisk and is inspected
    again; what failed later is done again alone. A disk on which an installation was begun carries data, so
    that such a retry needs --allow-erase as well.

    Exit codes: 0 all accepted, 1 some hardware failed, 2 usage, 3 metalctl itself failed, or something is UNKNOWN.

    Examples:
      metalctl enroll rack7.csv
      metalctl enroll --retry r7n03 --allow-erase
      metalctl enroll rack7.csv --again r7n05 --allow-erase
    """
    from metalctl.cli._again import confirm_again
    from metalctl.cli._enroll import Wish, enroll_nodes

    if not nodes:
        raise click.UsageError("name a CSV file of nodes, or failed nodes with --retry")
    if not retry and len(nodes) != 1:
        raise click.UsageError("one CSV file at a time; to try failed nodes again add --retry")
    if retry and expected:
        raise click.UsageError(
            "--expected is about the rows of a CSV file; --retry takes nodes that are enrolled already"
        )
    if retry and ca:
        raise click.UsageError("--ca is remembered when a CSV file is enrolled; --retry goes on as the node is known")
    if again and retry:
        raise click.UsageError("--again is for nodes of a CSV file that are handed over; --retry is for failed ones")
    wish = Wish(nodes, level, allow_erase, retry, detach, as_json, home, expected, ca, again, full_read)
    if again and not yes:
        confirm_again(again, allow_erase, home)
    ctx.exit(enroll_nodes(wish))
