"""Booting: what a node shall boot, tokens (hashes only), who phoned home, who was seen."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from metalctl.model.boot import PhoneHome
from metalctl.model.codec import decode, encode
from metalctl.store import schema
from metalctl.store.database import now


@dataclass(frozen=True, slots=True)
class Token:
    """What is remembered of a one-time token. boot_id: of the boot that used it, or "". expires: epoch seconds."""

    digest: str
    enrollment: str
    kind: str
    expires: float
    boot_id: str = ""


@dataclass(frozen=True, slots=True)
class Boot:
    """A system that phoned home."""

    enrollment: str
    kind: str
    boot_id: str
    address: str
    at: str
    report: PhoneHome


def set_intent(connection: Connection, node: str, enrollment: str, action: str) -> None:
    """What the next network boot of the node does: "ramdisk", "local" or "wait"."""
    connection.execute(delete(schema.intents).where(schema.intents.c.node == node))
    connection.execute(insert(schema.intents).values(node=node, enrollment=enrollment, action=action))


def intent(connection: Connection, node: str) -> tuple[str, str] | None:
    """(enrollment, action) of a node; None when nothing is wanted of it."""
    table = schema.intents
    row = connection.execute(select(table.c.enrollment, table.c.action).where(table.c.node == node)).one_or_none()
    return (row.enrollment, row.action) if row is not None else None


def add_token(connection: Connection, token: Token) -> None:
    """Remember a token by its hash."""
    connection.execute(insert(schema.tokens).values(**encode(token)))


def token(connection: Connection, digest: str) -> Token | None:
    """The token of that hash."""
    row = connection.execute(select(schema.tokens).where(schema.tokens.c.digest == digest)).one_or_none()
    return Token(**row._mapping) if row is not None else None


def use_token(connection: Connection, digest: str, boot_id: str) -> bool:
    """Bind an unused token to a boot; False when another boot has it already."""
    table = schema.tokens
    free = (table.c.digest == digest) & table.c.boot_id.in_(["", boot_id])
    return connection.execute(update(table).where(free).values(boot_id=boot_id)).rowcount == 1


def add_boot(connection: Connection, enrollment: str, report: PhoneHome) -> None:
    """Record a phone-home, without its token; the same boot again only refreshes its address."""
    data = {**encode(report), "token": ""}
    table = schema.boots
    where = (table.c.enrollment == enrollment) & (table.c.boot_id == report.boot_id)
    if connection.execute(update(table).where(where).values(address=report.address, data=data)).rowcount == 0:
        row = {"enrollment": enrollment, "kind": report.kind, "boot_id": report.boot_id, "address": report.address}
        connection.execute(insert(table).values(**row, at=now(), data=data))


def last_boot(connection: Connection, enrollment: str, kind: str | None = None, *, after: int = 0) -> Boot | None:
    """The newest system that phoned home, of one kind or any; only those of a higher id than `after`."""
    table = schema.boots
    wanted = (table.c.enrollment == enrollment) & (table.c.id > after)
    query = select(table).where(wanted).order_by(table.c.id.desc()).limit(1)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Boot(row.enrollment, row.kind, row.boot_id, row.address, row.at, decode(PhoneHome, row.data))


def newest(connection: Connection, enrollment: str) -> int:
    """The id of the last boot of an enrollment; 0 when there was none."""
    table = schema.boots
    return connection.execute(select(func.max(table.c.id)).where(table.c.enrollment == enrollment)).scalar() or 0


def add_sighting(connection: Connection, mac: str, what: str) -> None:
    """Somebody was seen on the boot network."""
    connection.execute(insert(schema.sightings).values(mac=mac.lower(), what=what, at=now()))


def newest_sighting(connection: Connection, macs: list[str]) -> tuple[int, str] | None:
    """(id, what) of the last sighting of one of these addresses; ids grow, whatever the clock does."""
    table = schema.sightings
    query = select(table.c.id, table.c.what).where(table.c.mac.in_(macs)).order_by(table.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (row.id, row.what) if row is not None else None
