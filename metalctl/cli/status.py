"""`metalctl status`: how the service is."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._errors import INTERNAL, exit_with
from metalctl.cli._options import Home, json_option, state_options


@command()
@json_option
@state_options
def status(as_json: bool, home: Home) -> None:
    """Show whether the service runs, which nodes it works on, and what is wrong with it.

    Exit code: 0 it runs and is well, 3 it does not run or something is wrong.

    Examples:
      metalctl status
      metalctl status --json | jq .nodes.failed
    """
    import json

    from metalctl.engine.serving.standing import standing
    from metalctl.model.codec import encode

    found = standing(home.settings())
    if as_json:
        click.echo(json.dumps(encode(found)))
    else:
        click.echo(found.sentence)
        for line in found.wrong:
            click.echo(f"  wrong: {line}")
        for condition, number in sorted(found.nodes.items()):
            click.echo(f"  {number:>6} {condition}")
        if found.bmcs:
            click.echo(f"  BMCs: {', '.join(f'{n} {word}' for word, n in sorted(found.bmcs.items()))}")
    if found.wrong or not found.running:
        exit_with(INTERNAL)
