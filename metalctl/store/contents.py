"""Content that work is pinned to (profiles, templates, the runner bundle), kept by the digest of what it is."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, insert, select

from metalctl.store import schema
from metalctl.store.errors import NotFound


def keep(connection: Connection, kind: str, data: bytes) -> str:
    """Keep it, once; its SHA-256."""
    digest = hashlib.sha256(data).hexdigest()
    table = schema.contents
    if connection.execute(select(table.c.digest).where(table.c.digest == digest)).scalar() is None:
        connection.execute(insert(table).values(digest=digest, kind=kind, data=data))
    return digest


def get(connection: Connection, digest: str) -> bytes:
    """What was kept; NotFound when it was not, or when it is no longer what it was."""
    data = connection.execute(
        select(schema.contents.c.data).where(schema.contents.c.digest == digest)
    ).scalar_one_or_none()
    if data is None:
        raise NotFound(f"the pinned content {digest[:12]} is gone from the database")
    if hashlib.sha256(data).hexdigest() != digest:
        raise NotFound(f"the pinned content {digest[:12]} was changed in the database")
    return bytes(data)
