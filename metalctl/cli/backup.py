"""`metalctl backup`: what metalctl remembers, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._options import Home, json_option, state_options


@command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--keys", is_flag=True, help="With the private keys: the owner of the file can sign certificates.")
@json_option
@state_options
def backup(file: Path, keys: bool, as_json: bool, home: Home) -> None:
    """Save databases and reports in one file. The service may keep running.

    Without --keys the signing key is not in it, and a provisioner that is restored signs with a new one.

    Examples:
      metalctl backup /srv/backup/metalctl-2026-12-01.tar.gz --keys
    """
    import json

    from metalctl.engine import operate
    from metalctl.model.codec import encode

    done = operate.backup(home.state(), file, keys=keys)
    if as_json:
        click.echo(json.dumps(encode(done)))
    else:
        click.echo(f"{file}: {len(done.files)} files{', keys included' if done.has_keys else ', no keys'}")
