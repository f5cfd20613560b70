"""`metalctl image`: what nodes boot and get installed, built ahead of time."""

from __future__ import annotations

import click

from metalctl.cli._command import group
from metalctl.cli._options import Home, json_option, state_options


@group()
def image() -> None:
    """Build the ramdisk and the OS images, which `enroll` and `serve` otherwise do at their start.

    Examples:
      metalctl image build
    """


@image.command()
@json_option
@state_options
def build(as_json: bool, home: Home) -> None:
    """Build what is not in the cache yet; the rest is reused. Needs root and a Debian mirror.

    Examples:
      metalctl image build
    """
    import json

    from metalctl.engine.serving.artifacts import prepare

    served = prepare(home.settings(), lambda line: click.echo(line, err=as_json))
    if as_json:
        images = {name: path for name, (path, _manifest) in served.paths.items()}
        click.echo(json.dumps({"ramdisk": served.files.ramdisk_path, "images": images}))
