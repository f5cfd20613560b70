"""Which credential a node's BMC takes, also when a rotation of it broke off.

Only references are stored. A rotation is written down before the BMC is changed, and the node's reference becomes the
new one as soon as a login with it has worked. Who dies in between leaves the node with a rotation that is not proven:
the next login then tries the new credential once and, only if that is refused, the old one once, and writes down which
one it was. So a crash costs one refused login at most, and nothing repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, Engine

from metalctl import bmc
from metalctl.bmc.audit import operator
from metalctl.bmc.errors import WrongPassword
from metalctl.content.secrets import SecretError, resolve
from metalctl.store import audit, nodes
from metalctl.store.nodes import Node, Rotation


def endpoint_of(node: Node) -> bmc.Endpoint:
    """Where the node's BMC is, and who vouches for its certificate: the authorities, else the one that was recorded."""
    found = bmc.parse_endpoint(node.bmc)
    if node.authorities and found.protocol == "redfish":
        return replace(found, authorities=Path(node.authorities))
    return replace(found, fingerprint=node.fingerprint)


def vouched(database: Engine, endpoint: bmc.Endpoint) -> bmc.Endpoint:
    """The endpoint with what vouches for its certificate, when an enrolled node's BMC is at this address."""
    with database.connect() as connection:
        known = [endpoint_of(n) for n in nodes.listing(connection) if _same_bmc(n, endpoint)]
    trust = next((e for e in known if e.fingerprint or e.authorities), endpoint)
    return replace(endpoint, fingerprint=trust.fingerprint, authorities=trust.authorities)


def credential(reference: str) -> bmc.Credential:
    """The secret behind a reference; raises SecretError."""
    secret = resolve(reference)
    return bmc.Credential(secret.username, secret.password)


def connect(database: Engine, node: Node, endpoint: bmc.Endpoint | None = None) -> bmc.Bmc:
    """Log in to the node's BMC; raises as bmc.connect, and SecretError. endpoint: where not `endpoint_of`."""
    endpoint = endpoint or endpoint_of(node)
    pending = node.rotation
    if pending is None or pending.proven:
        return bmc.connect(endpoint, credential(node.credential))
    ledger = StoredRotation(database, (node.name,), pending)
    try:
        session = bmc.connect(endpoint, credential(pending.new))
    except WrongPassword:
        session = bmc.connect(endpoint, credential(pending.old))
        _noted(session, ledger.undone)
    else:
        _noted(session, ledger.proven)
    return session


def _noted(session: bmc.Bmc, write: Callable[[], None]) -> None:
    """Write it down; a session is not left open when that fails."""
    try:
        write()
    except BaseException:
        session.__exit__(None, None, None)
        raise


class StoredRotation:
    """bmc.accounts.Ledger of nodes behind one BMC: their rows and their audit trail."""

    def __init__(self, database: Engine, names: Sequence[str], rotation: Rotation) -> None:
        self._database, self._names, self._rotation = database, tuple(names), rotation

    def begin(self) -> None:
        """See accounts.Ledger."""
        with self._database.begin() as connection:
            for name in self._names:
                nodes.begin_rotation(connection, name, self._rotation)
                self._told(connection, name, "credential-rotation-begun")

    def proven(self) -> None:
        """See accounts.Ledger."""
        with self._database.begin() as connection:
            for name in self._names:
                changed = nodes.get(connection, name).credential != self._rotation.new
                nodes.prove_rotation(connection, name, self._rotation)
                if changed:
                    self._told(connection, name, "credential-changed")

    def undone(self) -> None:
        """See accounts.Ledger."""
        with self._database.begin() as connection:
            for name in self._names:
                nodes.end_rotation(connection, name)
                self._told(connection, name, "credential-rotation-undone")

    def done(self) -> None:
        """See accounts.Ledger."""
        with self._database.begin() as connection:
            for name in self._names:
                nodes.end_rotation(connection, name)

    def _told(self, connection: Connection, name: str, action: str) -> None:
        audit.record(connection, name, action, operator(), old=self._rotation.old, new=self._rotation.new)


def sharing(
    database: Engine, endpoint: bmc.Endpoint, name: str, factory: bmc.Credential, rotation: Rotation
) -> list[str]:
    """The nodes whose reference a rotation at this BMC makes stale: `name`, who logs in there as `factory`, too, and
    who is in the middle of the same rotation.

    name: "" when the BMC was given by its address. Several systems may sit behind one BMC.
    """
    with database.connect() as connection:
        known = nodes.listing(connection)
    here = [n for n in known if _same_bmc(n, endpoint)]
    concerned = [n.name for n in here if _logs_in_as(n, factory) or _begun(n) == rotation]
    return sorted({*concerned, name} - {""})


def _begun(node: Node) -> Rotation | None:
    return replace(node.rotation, proven=False) if node.rotation else None


def _same_bmc(node: Node, endpoint: bmc.Endpoint) -> bool:
    there = bmc.parse_endpoint(node.bmc)
    return (there.protocol, there.address, there.effective_port) == (
        endpoint.protocol, endpoint.address, endpoint.effective_port)  # fmt: skip


def _logs_in_as(node: Node, who: bmc.Credential) -> bool:
    try:
        return credential(node.credential) == who
    except SecretError:
        return False  # nobody knows what is behind it: its owner has to change it
