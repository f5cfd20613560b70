"""The schedule of paired checks of a batch, fixed once it is made."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from metalctl.model.codec import encode
from metalctl.store import schema


@dataclass(frozen=True, slots=True)
class Pair:
    """Two enrollments that test against each other in one round; the server listens on `port`."""

    batch: str
    round: int
    server: str
    client: str
    port: int


def schedule(connection: Connection, pairs: list[Pair]) -> None:
    """Write the schedule."""
    for pair in pairs:
        connection.execute(insert(schema.pairs).values(**encode(pair)))


def of_batch(connection: Connection, batch: str) -> list[Pair]:
    """The schedule in the order of rounds."""
    query = select(schema.pairs).where(schema.pairs.c.batch == batch).order_by(schema.pairs.c.round)
    return [Pair(**row._mapping) for row in connection.execute(query)]
