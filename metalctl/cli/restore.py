"""`metalctl restore`: a backup becomes the state directory."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._options import Home, InputFile, json_option, state_options


@command()
@click.argument("file", type=InputFile())
@json_option
@state_options
def restore(file: Path, as_json: bool, home: Home) -> None:
    """Put a backup into an empty state directory, whole or not at all.

    Every file is verified before anything is written. A restore that was interrupted is reported, and the same
    command repeats it.

    Examples:
      metalctl restore /srv/metalctl-2026-12-01.tar.gz --state-dir /var/lib/metalctl
    """
    import json

    from metalctl.engine import operate
    from metalctl.model.codec import encode

    state = home.state()
    done = operate.restore(file, state)
    if as_json:
        click.echo(json.dumps(encode(done)))
    else:
        click.echo(f"{state.path}: {len(done.files)} files of {done.made}, written by metalctl {done.version}")
