"""`metalctl prune`: ended enrollments of long ago are removed."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._numbers import Number
from metalctl.cli._options import Home, json_option, state_options


@command()
@click.option("--older-than", "days", type=Number(1, 36_500), required=True, metavar="DAYS",
              help="Only what ended more than so many days ago.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
@state_options
def prune(days: float, dry_run: bool, as_json: bool, home: Home) -> None:
    """Remove enrollments that ended long ago, with the reports of batches that lose all of theirs.

    The newest enrollment of each node stays, and so does the audit trail.

    Examples:
      metalctl prune --older-than 180 --dry-run
    """
    import json

    from metalctl.cli._operate import database
    from metalctl.engine import operate
    from metalctl.model.codec import encode

    state = home.state()
    done = operate.prune(database(home), state, days, operate.who(), dry=dry_run)
    if as_json:
        click.echo(json.dumps(encode(done)))
        return
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{done.enrollments} enrollments {verb}, with the reports of {len(done.batches)} batches")
