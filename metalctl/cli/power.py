"""`metalctl power`: switch a machine by its BMC, and believe only what is read back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from metalctl.cli._options import json_option, state_options

if TYPE_CHECKING:
    from metalctl.bmc import Endpoint


@click.command()
@click.argument("action", type=click.Choice(["on", "off", "cycle", "reset", "status"]))
@click.argument("where", metavar="NODE|BMC")
@click.option(
    "--credential", metavar="REF", help="Credential reference: file:PATH#KEY or env:PREFIX. [default: the node's]"
)
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=120.0, show_default=True, help="Seconds until it must be so."
)
@json_option
@state_options
def power(
    action: str,
    where: str,
    credential: str | None,
    timeout: float,
    as_json: bool,
    config: Path | None,
    state_dir: Path | None,
) -> None:
    """Switch a node on or off, cycle or reset it, or tell its power state.

    Returns only when the state read from the BMC is the wanted one; a machine that is in that state already gets
    no command. NODE is the name of an enrolled node, BMC an address such as https://10.0.0.11 or ipmi://10.0.0.11.

    Example: metalctl power cycle https://10.0.0.11 --credential file:/etc/metalctl/secrets.json#rack1
    """
    from metalctl import bmc
    from metalctl.content.secrets import resolve

    endpoint, reference = _target(where, credential, config, state_dir)
    secret = resolve(reference)
    with bmc.connect(endpoint, bmc.Credential(secret.username, secret.password)) as machine:
        if action != "status":
            machine.set_power(action, timeout)
        _show(where, machine.endpoint, machine.power(), as_json)


def _target(where: str, credential: str | None, config: Path | None, state_dir: Path | None) -> tuple[Endpoint, str]:
    """The endpoint (with the recorded certificate, for a node) and the credential reference."""
    from dataclasses import replace

    from metalctl import bmc

    known = None if "://" in where else _known(where, config, state_dir)
    if known:
        return replace(bmc.parse_endpoint(known[0]), fingerprint=known[2]), credential or known[1]
    if not _is_address(where):
        raise click.UsageError(f"no node is called {where!r}; name an enrolled node, or a BMC like https://10.0.0.11")
    if not credential:
        raise click.UsageError("--credential is needed for a BMC that belongs to no enrolled node")
    return bmc.parse_endpoint(where), credential


def _known(name: str, config: Path | None, state_dir: Path | None) -> tuple[str, str, str] | None:
    """BMC, credential reference and certificate of an enrolled node; None when there is none of that name."""
    from metalctl.engine.settings import load
    from metalctl.store import nodes
    from metalctl.store.database import open_database, sqlite_url
    from metalctl.store.errors import NotFound

    database = load(config, state_dir).state.database
    if not database.exists():
        return None
    with open_database(sqlite_url(database)).connect() as connection:
        try:
            node = nodes.get(connection, name)
        except NotFound:
            return None
    return node.bmc, node.credential, node.fingerprint


def _is_address(where: str) -> bool:
    """Whether it can only be an address; a single word is rather a mistyped node."""
    return "://" in where or "." in where or ":" in where


def _show(where: str, endpoint: Endpoint, state: str, as_json: bool) -> None:
    import json

    if as_json:
        click.echo(
            json.dumps({"node": where, "bmc": str(endpoint), "power": state, "fingerprint": endpoint.fingerprint})
        )
    else:
        click.echo(f"{where} is {state}")
