"""`metalctl bmc media`: virtual media."""

from __future__ import annotations

import re
from typing import Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, need, opened, show_change

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/]+/\S+")


@command()
@click.argument("action", type=click.Choice(["insert", "eject", "list"]))
@click.option("--image", metavar="URL", help="What to insert; the BMC itself must be able to fetch it.")
@click.option("--kind", type=click.Choice(["cd", "usb"]), default="cd", show_default=True, help="As what it shows.")
@machine_options
def media(action: str, image: str | None, kind: str, where: str, as_json: bool, **place: Any) -> None:
    """Show an image to the machine as a CD or a stick, take it out, or list the virtual drives.

    Examples:
      metalctl bmc media insert cmp1 --image http://10.0.0.1/rescue.iso
    """
    if (action == "insert") != bool(image):
        raise click.UsageError("--image URL goes with `insert`, and only with it")
    if image and not _URL.fullmatch(image):
        raise click.UsageError(f"--image {image!r} is not a URL: write it like http://10.0.0.1/rescue.iso")
    with opened(where, **place) as machine:
        if action == "list":
            _list(need(machine, "media")(), as_json)
            return
        change = need(machine, "insert_media")(image, kind) if image else need(machine, "eject_media")(kind)
    show_change(where, f"virtual {kind}", change, as_json)


def _list(slots: list[dict[str, Any]], as_json: bool) -> None:
    import json

    if as_json:
        click.echo(json.dumps(slots))
        return
    for slot in slots:
        click.echo(f"{slot['name']} ({', '.join(slot['kinds'])}): {slot['image'] or 'empty'}")
