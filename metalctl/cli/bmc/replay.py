"""`metalctl bmc replay`: serve a capture on loopback."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._numbers import OWN_PORT
from metalctl.cli._options import InputFile, json_option


@command()
@click.argument("file", type=InputFile(folder=True))
@click.option("--port", type=OWN_PORT, default=0, help="Port on 127.0.0.1. [default: a free one]")
@click.option("--credential", metavar="REF", help="Who may log in: file:PATH#KEY or env:PREFIX. [default: every user]")
@json_option
def replay(file: Path, port: int, credential: str | None, as_json: bool) -> None:
    """Serve a capture (or its folder) as a BMC over HTTPS on 127.0.0.1, until interrupted.

    Power and boot override really change; everything else answers as it was recorded.

    Examples:
      metalctl bmc replay rack1-node3.tar.gz --port 8443
    """
    import json
    import signal
    import threading

    from metalctl.bmc.capture.record import load
    from metalctl.content.secrets import resolve
    from metalctl.lab.fleet.replay import Replay

    capture = load(file)
    who = resolve(credential) if credential else None
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    account = (who.username, who.password) if who else ("admin", "")
    with Replay(capture.tree, *account, port=port, allow=capture.allow) as served:
        told = {"url": served.url, "fingerprint": served.fingerprint, "resources": len(capture.tree)}
        click.echo(json.dumps(told) if as_json else f"{served.url} serves {len(capture.tree)} resources")
        ended.wait()
