"""`metalctl nodes`: where every node stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from metalctl.cli._command import command
from metalctl.cli._nodes import SORTS, Choice
from metalctl.cli._options import Home, json_option, state_options
from metalctl.model.stage import Condition, Stage

if TYPE_CHECKING:
    from metalctl.engine.pipeline.overview import Standing
    from metalctl.engine.state import StateDir


@command()
@click.option("--batch", metavar="BATCH", help="Only the nodes of this batch.")
@click.option("--stage", "stages", multiple=True, metavar="STAGE", type=click.Choice(list(map(str, Stage))),
              help="Only nodes in this stage, such as installed; may be given several times.")  # fmt: skip
@click.option("--condition", "conditions", multiple=True, metavar="CONDITION",
              type=click.Choice(list(map(str, Condition))),
              help=f"Only nodes in this condition: {', '.join(Condition)}.")  # fmt: skip
@click.option("--failed", is_flag=True, help="Short for --condition failed.")
@click.option("--profile", "profiles", multiple=True, metavar="PROFILE", help="Only nodes of this profile.")
@click.option("--sort", type=click.Choice(list(SORTS)), default="name", show_default=True,
              help="By condition: what calls for you first. By elapsed: the longest first.")  # fmt: skip
@click.option("--watch", is_flag=True, help="Show changes until Ctrl-C; in a pipe, a line for each.")
@json_option
@state_options
def nodes(
    batch: str | None,
    stages: tuple[str, ...],
    conditions: tuple[str, ...],
    failed: bool,
    profiles: tuple[str, ...],
    sort: str,
    watch: bool,
    as_json: bool,
    home: Home,
) -> None:
    """List the nodes: stage, condition, how long, power as last read, what blocks them.

    BMC is the power state, and the health unless it is ok, as the service last read them, with their age. With --json
    each node has name, stage, condition, profile, bmc, findings and verdicts.

    Examples:
      metalctl nodes
      metalctl nodes --failed --profile compute
      metalctl nodes --sort condition --watch
      metalctl nodes --failed --json | jq -r '.[].name'
    """

    chosen = Choice(stages, (*conditions, "failed") if failed else conditions, profiles, sort)
    state = home.state()
    if watch:
        _watch(state.create(), batch, chosen, as_json)
    elif not state.remembers:
        _nothing(as_json)
    else:
        _list(state, batch, chosen, as_json)


def _nothing(as_json: bool) -> None:
    from metalctl.cli._lab_hint import lab_hint

    click.echo("[]" if as_json else "no nodes yet: metalctl enroll nodes.csv")
    if hint := lab_hint():
        click.echo(hint, err=as_json)


def _list(state: StateDir, batch: str | None, chosen: Choice, as_json: bool) -> None:
    from metalctl.cli._live import table
    from metalctl.engine.pipeline.overview import standings
    from metalctl.store.database import open_database

    every = standings(open_database(state.store_url), batch, findings=as_json)
    found = chosen.of(every)
    if as_json:
        click.echo(json.dumps([s.as_json() for s in found], indent=2))
    elif found:
        click.echo("\n".join(table(found)))
    elif every:
        click.echo(f"none of {len(every)} {'node' if len(every) == 1 else 'nodes'} is so")
    else:
        _nothing(as_json)


def _watch(state: StateDir, batch: str | None, chosen: Choice, as_json: bool) -> None:
    import contextlib

    from metalctl.cli._live import watch
    from metalctl.engine.pipeline.overview import standings
    from metalctl.store.database import open_database

    database = open_database(state.store_url)

    def look() -> list[Standing]:
        return chosen.of(standings(database, batch, findings=as_json))

    with contextlib.suppress(KeyboardInterrupt):
        watch(look, lambda: False, as_json=as_json)
