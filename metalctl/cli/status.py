"""`metalctl status`: how the service is."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._errors import INTERNAL, exit_with
from metalctl.cli._options import json_option, state_options


@command()
@json_option
@state_options
def status(as_json: bool, config: Path | None, state_dir: Path | None) -> None:
    """Say whether the service runs, what it walks, and what is wrong with it.

    Exit code: 0 it runs and is well, 3 it does not run or something is wrong.

    Examples:
      metalctl status
      metalctl status --json | jq .nodes.failed
    """
    import json

    from metalctl.engine.serving.standing import standing
    from metalctl.engine.settings import load
    from metalctl.model.codec import encode

    found = standing(load(config, state_dir))
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
