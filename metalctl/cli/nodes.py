"""`metalctl nodes`: where every node stands."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._options import json_option, state_options


@command()
@click.option("--batch", help="Only the nodes of this batch.")
@json_option
@state_options
def nodes(batch: str | None, as_json: bool, config: Path | None, state_dir: Path | None) -> None:
    """List the nodes: stage, condition, how long, what is the matter.

    With --json each node has name, stage, condition, profile, findings and verdicts.

    Examples:
      metalctl nodes --json | jq '.[] | select(.condition == "failed") | .name'
    """
    import json

    from rich.console import Console

    from metalctl.cli._live import table
    from metalctl.engine.pipeline.overview import standings
    from metalctl.engine.settings import load
    from metalctl.store.database import open_database

    state = load(config, state_dir).state.create()
    found = standings(open_database(state.store_url), batch, findings=as_json)
    if as_json:
        click.echo(json.dumps([s.as_json() for s in found], indent=2))
    elif found:
        Console().print(table(found))
    else:
        click.echo("no nodes yet: metalctl enroll nodes.csv")
