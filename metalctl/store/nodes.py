"""Nodes: a name, a BMC, a credential reference, a wanted profile; and which MAC address belongs to whom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Row, String, bindparam, cast, delete, func, insert, null, or_, select, update

from metalctl.model.codec import decode, encode
from metalctl.model.identity import Identity, speaks_for, usable_macs, usable_serial, usable_uuid
from metalctl.model.uuids import orders, same_uuid
from metalctl.store import schema
from metalctl.store.database import now
from metalctl.store.errors import NotFound


@dataclass(frozen=True, slots=True)
class Rotation:
    """old, new: references. proven: a login with the new one worked (it is the node's then, and the old one's account
    may still be open). Until then it is not known which of the two the BMC takes.
    """

    old: str
    new: str
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One machine. credential: a reference, never the secret. fingerprint: of the BMC's certificate, once recorded.

    authorities: PEM file of the CAs that vouch for the certificate instead, "" where it is pinned. rotation: of the
    credential, as long as it has not ended.
    """

    name: str
    bmc: str
    credential: str
    profile: str
    fingerprint: str = ""
    authorities: str = ""
    rotation: Rotation | None = None
    identity: Identity | None = None


def _node(row: Row[tuple[object, ...]]) -> Node:
    data = dict(row._mapping)
    identity, rotation = data.pop("identity"), data.pop("rotation")
    data.pop("created")
    return Node(
        **data,
        identity=decode(Identity, identity) if identity else None,
        rotation=decode(Rotation, rotation) if rotation else None,
    )


# Made once: to put a statement together takes longer than to run it, and every tick asks for this.
_BY_NAME = select(schema.nodes).where(schema.nodes.c.name == bindparam("name"))


def get(connection: Connection, name: str) -> Node:
    """The node of that name; NotFound names what to do."""
    row = connection.execute(_BY_NAME, {"name": name}).one_or_none()
    if row is None:
        raise NotFound(f"no node is called {name!r}", hint="metalctl nodes lists them")
    return _node(row)


def listing(connection: Connection) -> list[Node]:
    """All nodes by name."""
    return [_node(row) for row in connection.execute(select(schema.nodes).order_by(schema.nodes.c.name))]


def of_service(connection: Connection, service: str) -> set[str]:
    """The names of the nodes that a service has enrolled."""
    table = schema.enrollments
    return set(connection.execute(select(table.c.node).where(table.c.service == service)).scalars())


def put(connection: Connection, name: str, bmc: str, credential: str, profile: str, authorities: str = "") -> None:
    """Remember a node, or change what is wanted of a known one.

    A new BMC address forgets the recorded certificate and who vouched for it; authorities: "" leaves what is known.
    A rotation whose outcome is not known is remembered as long as the credential is the one that it began with.
    """
    known = connection.execute(select(schema.nodes).where(schema.nodes.c.name == name)).one_or_none()
    if known is None:
        row = {"name": name, "bmc": bmc, "credential": credential, "profile": profile, "authorities": authorities}
        connection.execute(insert(schema.nodes).values(**row, created=now(), fingerprint=""))
        return
    values: dict[str, object] = {"bmc": bmc, "credential": credential, "profile": profile}
    if known.bmc != bmc:
        connection.execute(delete(schema.bmcs).where(schema.bmcs.c.node == name))
    if known.bmc != bmc or authorities:
        values |= {"fingerprint": "", "authorities": authorities}
    pending = decode(Rotation, known.rotation) if known.rotation else None
    if known.bmc != bmc or (pending and (pending.proven or credential != pending.old)):
        values["rotation"] = null()
    connection.execute(update(schema.nodes).where(schema.nodes.c.name == name).values(**values))


def change(connection: Connection, name: str, **values: object) -> None:
    """Change columns of a node."""
    connection.execute(update(schema.nodes).where(schema.nodes.c.name == name).values(**values))


def rename(connection: Connection, name: str, new: str) -> None:
    """Call it otherwise wherever it is named; its audit trail goes with it."""
    connection.execute(update(schema.nodes).where(schema.nodes.c.name == name).values(name=new))
    owned = (schema.enrollments, schema.inventories, schema.intents, schema.marks, schema.audit)
    batches = schema.batches
    mine = select(schema.enrollments.c.batch).where(schema.enrollments.c.node == name)
    for batch, options in connection.execute(select(batches.c.id, batches.c.options).where(batches.c.id.in_(mine))):
        if name in options.get("expected", {}):
            expected = {new if node == name else node: machine for node, machine in options["expected"].items()}
            told = {**options, "expected": expected}
            connection.execute(update(batches).where(batches.c.id == batch).values(options=told))
    for table in (schema.macs, schema.bmcs, *owned):
        connection.execute(update(table).where(table.c.node == name).values(node=new))


def drop_enrollment(connection: Connection, enrollment: str) -> None:
    """Remove one enrollment and all that it saw."""
    seen = (schema.stages, schema.runs, schema.tokens, schema.boots, schema.artifacts, schema.inventories)
    tables = (*seen, schema.intents)
    for table in tables:
        connection.execute(delete(table).where(table.c.enrollment == enrollment))
    connection.execute(delete(schema.enrollments).where(schema.enrollments.c.id == enrollment))


def forget(connection: Connection, name: str) -> None:
    """Remove it and all that its enrollments saw, but not what was done to it (the audit trail)."""
    mine = select(schema.enrollments.c.id).where(schema.enrollments.c.node == name)
    owned = (schema.stages, schema.runs, schema.tokens, schema.boots, schema.artifacts)
    for table in owned:
        connection.execute(delete(table).where(table.c.enrollment.in_(mine)))
    for table in (schema.macs, schema.bmcs, schema.inventories, schema.intents, schema.marks, schema.enrollments):
        connection.execute(delete(table).where(table.c.node == name))
    connection.execute(delete(schema.nodes).where(schema.nodes.c.name == name))


def begin_rotation(connection: Connection, name: str, rotation: Rotation) -> None:
    """Before the BMC is changed: from here on either credential may be the one that it takes."""
    change(connection, name, rotation=encode(rotation))


def prove_rotation(connection: Connection, name: str, rotation: Rotation) -> None:
    """The new credential works: it is the node's from now on."""
    change(connection, name, credential=rotation.new, rotation=encode(replace(rotation, proven=True)))


def end_rotation(connection: Connection, name: str) -> None:
    """Nothing of it is left to do, or it was put back: the node's credential is the one of its row."""
    change(connection, name, rotation=null())


def set_identity(connection: Connection, name: str, identity: Identity) -> None:
    """Record who the machine is and claim its MAC addresses."""
    change(connection, name, identity=encode(identity))
    connection.execute(delete(schema.macs).where(schema.macs.c.node == name))
    for mac in sorted(usable_macs(identity.macs)):
        connection.execute(delete(schema.macs).where(schema.macs.c.mac == mac))
        connection.execute(insert(schema.macs).values(mac=mac, node=name))


def by_macs(connection: Connection, macs: Iterable[str]) -> str | None:
    """The node that owns one of these addresses; None when nobody, or when two nodes claim them."""
    wanted = usable_macs(macs)
    found = set(connection.execute(select(schema.macs.c.node).where(schema.macs.c.mac.in_(wanted))).scalars())
    return found.pop() if len(found) == 1 else None


def same_machine(connection: Connection, name: str, identity: Identity) -> list[str]:
    """Other nodes with the same usable serial (of one maker) or UUID, or a MAC address in common.

    One of them alone makes no other node of it where the two others contradict.
    """
    found = []
    for other in _alike(connection, identity):
        if other.name == name or other.identity is None:
            continue
        agreed = set(speaks_for(identity, other.identity))
        if identity.manufacturer != other.identity.manufacturer:
            agreed.discard("serial")
        if agreed:
            found.append(other.name)
    return found


def _alike(connection: Connection, identity: Identity) -> list[Node]:
    """Every node that may be the same machine, and some that are not: who is asked of ten thousand decodes few.

    By the words that its identity must hold: the serial without blanks, and the end of the UUID in one of its byte
    orders.
    """
    table = schema.nodes
    text = func.replace(func.lower(cast(table.c.identity, String)), " ", "")
    serial = "".join(json.dumps(usable_serial(identity.serial))[1:-1].lower().split())
    words = [*filter(None, [serial]), *sorted({order[-12:] for order in orders(usable_uuid(identity.uuid))})]
    owners = select(schema.macs.c.node).where(schema.macs.c.mac.in_(usable_macs(identity.macs)))
    alike = or_(table.c.name.in_(owners), *(text.contains(word, autoescape=True) for word in words))
    return [_node(row) for row in connection.execute(select(table).where(alike).order_by(table.c.name))]


def by_uuid(connection: Connection, uuid: str) -> str | None:
    """The node whose machine has that UUID, in either byte order; None when none has, or when two have."""
    told = usable_uuid(uuid)
    alike = _alike(connection, Identity(uuid=told))
    found = [node.name for node in alike if node.identity and same_uuid(told, node.identity.uuid)]
    return found[0] if len(found) == 1 else None


def by_bmc(connection: Connection, bmc: str) -> str | None:
    """The node with that BMC."""
    found = connection.execute(select(schema.nodes.c.name).where(schema.nodes.c.bmc == bmc)).scalar()
    return str(found) if found is not None else None
