"""The schedule of paired checks of a batch: what was planned once, and how each pair stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from metalctl.model.codec import encode
from metalctl.store import schema

PLANNED, BEGUN, ENDED, MISSED = "", "begun", "ended", "missed"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two enrollments that test against each other; the server listens on `port`. round: its place in the plan.

    state: planned, begun, ended, or missed: it will never be measured, since `absent` did not come to it.
    """

    batch: str
    round: int
    server: str
    client: str
    port: int
    state: str = PLANNED
    absent: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """Both enrollments."""
        return self.server, self.client

    @property
    def settled(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in (ENDED, MISSED)

    def other(self, enrollment: str) -> str:
        """The one that it is for the other."""
        return self.client if enrollment == self.server else self.server

    def run(self, enrollment: str) -> str:
        """The id of that end's run."""
        return f"{enrollment}-peer-{self.batch[-4:]}-{self.round}"


@dataclass(frozen=True, slots=True)
class Side:
    """What one end's run has left so far; results: as JSON, of a batch they are tens of thousands."""

    state: str
    results: tuple[dict[str, Any], ...] = ()

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state != "running"


def schedule(connection: Connection, pairs: list[Pair]) -> None:
    """Write the schedule."""
    if pairs:
        connection.execute(insert(schema.pairs), [encode(pair) for pair in pairs])


def of_batch(connection: Connection, batch: str) -> list[Pair]:
    """The schedule in the order of rounds."""
    return _found(connection, _of(batch))


def of_enrollment(connection: Connection, batch: str, enrollment: str) -> list[Pair]:
    """The pairs of one node."""
    table = schema.pairs
    return _found(connection, _of(batch).where((table.c.server == enrollment) | (table.c.client == enrollment)))


def last_round(connection: Connection, batch: str) -> int:
    """The number of the last round; -1 when nothing was planned yet."""
    query = select(schema.pairs.c.round).where(schema.pairs.c.batch == batch)
    found = connection.execute(query.order_by(schema.pairs.c.round.desc()).limit(1)).scalar()
    return -1 if found is None else int(found)


def members(connection: Connection, batch: str) -> dict[str, int]:
    """Who is in a pair of the batch, each with the last round in which it is."""
    table = schema.pairs
    rows = connection.execute(select(table.c.round, table.c.server, table.c.client).where(table.c.batch == batch))
    found: dict[str, int] = {}
    for number, *ends in rows:
        for end in ends:
            found[end] = max(number, found.get(end, -1))
    return found


def in_state(connection: Connection, batch: str, state: str, limit: int | None = None) -> list[Pair]:
    """Those that stand like that, at most so many, in the order of rounds."""
    return _found(connection, _of(batch).where(schema.pairs.c.state == state).limit(limit))


def number(connection: Connection, batch: str, states: Iterable[str]) -> int:
    """How many stand like that."""
    table = schema.pairs
    query = select(func.count()).where(table.c.batch == batch, table.c.state.in_(list(states)))
    return int(connection.execute(query).scalar_one())


def absences(connection: Connection, batch: str) -> dict[str, int]:
    """By enrollment, how many pairs were missed for want of it."""
    table = schema.pairs
    query = select(table.c.absent, func.count()).where(table.c.batch == batch, table.c.absent != "")
    return {absent: int(count) for absent, count in connection.execute(query.group_by(table.c.absent))}


def mark(connection: Connection, pairs: Iterable[Pair], state: str, absent: str = "") -> None:
    """Write how these stand now."""
    table = schema.pairs
    for pair in pairs:
        mine = (table.c.batch == pair.batch) & (table.c.round == pair.round) & (table.c.server == pair.server)
        connection.execute(update(table).where(mine).values(state=state, absent=absent))


def sides(connection: Connection, pairs: Iterable[Pair], *, results: bool = False) -> dict[str, Side]:
    """By run, how far the runs of these pairs are, with their results if asked for; those that did not begin lack."""
    wanted = [pair.run(end) for pair in pairs for end in pair.ends]
    columns = [schema.runs.c.run_id, schema.runs.c.state, *([schema.runs.c.results] if results else [])]
    found: dict[str, Side] = {}
    for start in range(0, len(wanted), 500):
        query = select(*columns).where(schema.runs.c.run_id.in_(wanted[start : start + 500]))
        for run, state, *left in connection.execute(query):
            found[run] = Side(state, tuple(r for some in left for r in some))
    return found


def _of(batch: str) -> Select[Any]:
    return select(schema.pairs).where(schema.pairs.c.batch == batch).order_by(schema.pairs.c.round)


def _found(connection: Connection, query: Select[Any]) -> list[Pair]:
    return [Pair(*row) for row in connection.execute(query)]
