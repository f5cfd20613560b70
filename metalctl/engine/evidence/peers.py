"""Where a missing disk belongs, as the node's peers in the store have it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from metalctl.engine.state import StateDir
from metalctl.model import places
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.store import evidence
from metalctl.store.database import open_database


def named(
    connection: Connection, node: str, profile: str, inventory: Inventory, findings: Sequence[Finding]
) -> tuple[Finding, ...]:
    """The findings; those that miss a disk and name no bay get the one that nodes of this profile and make fill."""
    if not any(map(places.lacks_place, findings)):
        return tuple(findings)
    return places.named(findings, inventory, evidence.peers(connection, node, profile, places.PEERS))


def named_in(
    state: StateDir, node: str, profile: str, inventory: Inventory, findings: Sequence[Finding]
) -> tuple[Finding, ...]:
    """The same for who has no connection; the store is opened only where a place is lacking."""
    if not any(map(places.lacks_place, findings)):
        return tuple(findings)
    database = open_database(state.store_url)
    try:
        with database.connect() as connection:
            return named(connection, node, profile, inventory, findings)
    finally:
        database.dispose()
