"""`metalctl bmc rotate`: from the factory's credential to the site's."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from metalctl.cli._machine import auditor, machine_options, show_change, target


@click.command()
@click.option("--site", metavar="REF", required=True, help="Reference of the credential that shall work from now on.")
@click.option("--keep-factory", is_flag=True, help="Leave the factory's account open, when it is another.")
@machine_options
def rotate(
    site: str,
    keep_factory: bool,
    where: str,
    credential: str | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path | None,
) -> None:
    """Make the site's credential the one that works, and shut the factory's account.

    --credential refers to the factory's credential. Each credential is tried once, so that no account is locked; the
    new login is proven before the old one is given up, and put back when it does not work.

    Example: metalctl bmc rotate https://10.0.0.11 --credential env:FACTORY --site file:/etc/metalctl/secrets.json#rack1
    """
    from metalctl.bmc import Credential
    from metalctl.bmc.rotation import rotate_at
    from metalctl.content.secrets import resolve

    endpoint, reference = target(where, credential, config, state_dir)
    factory, new = resolve(reference), resolve(site)
    change = rotate_at(
        endpoint,
        Credential(factory.username, factory.password),
        Credential(new.username, new.password),
        keep_factory,
        auditor(where, config, state_dir),
    )
    show_change(where, "credential", change, as_json)
