"""Booting: what a node shall boot, tokens (hashes only), who phoned home, who was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from metalctl.model.boot import PhoneHome
from metalctl.model.codec import decode, encode
from metalctl.store import schema
from metalctl.store.database import now

# The same sighting within so many seconds is one.
REPEATED = 5.0
# How many are kept, over all machines, and after how many new ones the rest is dropped.
SIGHTINGS, PRUNE_EVERY = 50_000, 1_000


@dataclass(frozen=True, slots=True)
class Token:
    """What is remembered of a one-time token. boot_id: of the boot that used it, or "". expires: epoch seconds.

    mac: of the port over which the system that got it was booted, "" for one on a disk.
    """

    digest: str
    enrollment: str
    kind: str
    expires: float
    boot_id: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Boot:
    """A system that phoned home."""

    enrollment: str
    kind: str
    boot_id: str
    address: str
    at: str
    report: PhoneHome
    sighting: int = 0


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
    """Remember a token by its hash. Those before it that nobody used are worth nothing from now on."""
    revoke_tokens(connection, token.enrollment, token.kind)
    connection.execute(insert(schema.tokens).values(**encode(token)))


def revoke_tokens(connection: Connection, enrollment: str, kind: str) -> None:
    """Forget the tokens of that kind that nobody used: the boot that they were for will not come."""
    table = schema.tokens
    unused = (table.c.enrollment == enrollment) & (table.c.kind == kind) & (table.c.boot_id == "")
    connection.execute(delete(table).where(unused))


def has_waiting_token(connection: Connection, enrollment: str, kind: str) -> bool:
    """Whether a token of that kind was served since the last were revoked, and nobody called with it yet."""
    table = schema.tokens
    mine = (table.c.enrollment == enrollment) & (table.c.kind == kind) & (table.c.boot_id == "")
    return connection.execute(select(table.c.digest).where(mine).limit(1)).first() is not None


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
    newest = newest_sighting(connection, list(report.macs))
    data = {**encode(report), "token": ""}
    table = schema.boots
    where = (table.c.enrollment == enrollment) & (table.c.boot_id == report.boot_id)
    if connection.execute(update(table).where(where).values(address=report.address, data=data)).rowcount == 0:
        row = {"enrollment": enrollment, "kind": report.kind, "boot_id": report.boot_id, "address": report.address}
        seen = newest[0] if newest else 0
        connection.execute(insert(table).values(**row, at=now(), data=data, sighting=seen))


# Made once: to put a statement together takes longer than to run it, and every tick asks for these.
_LAST = (
    select(schema.boots)
    .where(schema.boots.c.enrollment == bindparam("of"), schema.boots.c.id > bindparam("after"))
    .order_by(schema.boots.c.id.desc())
    .limit(1)
)
_LAST_OF = _LAST.where(schema.boots.c.kind == bindparam("kind"))
_SEEN = (
    select(schema.sightings.c.id, schema.sightings.c.what)
    .where(schema.sightings.c.mac.in_(bindparam("macs", expanding=True)))
    .order_by(schema.sightings.c.id.desc())
    .limit(1)
)


def last_boot(connection: Connection, enrollment: str, kind: str | None = None, *, after: int = 0) -> Boot | None:
    """The newest system that phoned home, of one kind or any; only those of a higher id than `after`."""
    words = {"of": enrollment, "after": after}
    row = connection.execute(*((_LAST, words) if kind is None else (_LAST_OF, {**words, "kind": kind}))).one_or_none()
    if row is None:
        return None
    return Boot(row.enrollment, row.kind, row.boot_id, row.address, row.at, decode(PhoneHome, row.data), row.sighting)


def newest(connection: Connection, enrollment: str) -> int:
    """The id of the last boot of an enrollment; 0 when there was none."""
    table = schema.boots
    return connection.execute(select(func.max(table.c.id)).where(table.c.enrollment == enrollment)).scalar() or 0


def add_sighting(connection: Connection, mac: str, what: str) -> None:
    """Somebody was seen on the boot network. Who shouts is written down once a few seconds, and not for ever."""
    table = schema.sightings
    mine = table.c.mac == mac.lower()
    last = connection.execute(select(table.c.what, table.c.at).where(mine).order_by(table.c.id.desc()).limit(1)).first()
    if last is not None and last.what == what and 0 <= _seconds_since(last.at) < REPEATED:
        return
    done = connection.execute(insert(table).values(mac=mac.lower(), what=what, at=now()))
    number = int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0
    if number % PRUNE_EVERY == 0:
        connection.execute(delete(table).where(table.c.id <= number - SIGHTINGS))


def _seconds_since(at: str) -> float:
    return (datetime.fromisoformat(now()) - datetime.fromisoformat(at)).total_seconds()


def newest_sighting(connection: Connection, macs: list[str]) -> tuple[int, str] | None:
    """(id, what) of the last sighting of one of these addresses; ids grow, whatever the clock does."""
    row = connection.execute(_SEEN, {"macs": macs}).one_or_none()
    return (row.id, row.what) if row is not None else None
