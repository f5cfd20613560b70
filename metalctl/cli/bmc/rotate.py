"""`metalctl bmc rotate`: from the factory's credential to the site's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import (
    auditor,
    database,
    known_node,
    machine_options,
    settled,
    show_change,
    target,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.bmc import Credential, Endpoint
    from metalctl.bmc.redfish.rotation import Ledger
    from metalctl.store.nodes import Node


@command()
@click.option("--site", metavar="REF", required=True, help="Reference of the credential that must work from now on.")
@click.option("--keep-factory", is_flag=True, help="Leave the factory's account open, when it is another.")
@machine_options
def rotate(site: str, keep_factory: bool, where: str, as_json: bool, **place: Any) -> None:
    """Make the site's credential the one that works, and shut the factory's account.

    --credential refers to the factory's credential. Each credential is tried once, so that no account is locked; the
    new login is proven before the old one is given up, and put back when it does not work.

    An enrolled node's reference is the site's as soon as the new login is proven, also of other nodes behind the same
    BMC that had the factory's. When metalctl is cut off in between, the next command tries the new credential and then
    the old one, once each; the same rotation, run again, does what was left.

    Examples:
      metalctl bmc rotate https://10.0.0.11 --credential env:FACTORY \\
          --site file:/etc/metalctl/secrets.json#rack1
    """
    from contextlib import ExitStack

    from metalctl.bmc.redfish.rotation import rotate_at
    from metalctl.engine.reach.credentials import credential as resolved

    wanted = resolved(site)  # before anything is sent
    credential, home = place["credential"], place["home"]
    node = None if "://" in where else known_node(where, home)
    begun = node.rotation if node and not credential and node.rotation and node.rotation.new == site else None
    endpoint, reference = target(where, **place) if begun else settled(where, **place)
    reference = begun.old if begun else reference
    # The node has it already: it is proven to work, and whose account the factory's was is not known any more.
    factory = None if node and not credential and reference == site else resolved(reference)
    with ExitStack() as stack:
        engine = stack.enter_context(database(home)) if home.state().remembers else None
        change = rotate_at(
            endpoint,
            factory,
            wanted,
            keep_factory,
            auditor(where, home),
            ledger=_ledger(engine, endpoint, node, (reference, site), factory),
            proven=bool(begun and begun.proven),
        )
    show_change(where, "credential", change, as_json)


def _ledger(
    engine: Engine | None,
    endpoint: Endpoint,
    node: Node | None,
    references: tuple[str, str],
    factory: Credential | None,
) -> Ledger | None:
    """Where the nodes behind the BMC are remembered; None when there are none."""
    from metalctl.engine.reach.credentials import StoredRotation, sharing
    from metalctl.store.nodes import Rotation

    if engine is None or factory is None:
        return None
    rotation = Rotation(*references)
    names = sharing(engine, endpoint, node.name if node else "", factory, rotation)
    return StoredRotation(engine, names, rotation) if names else None
