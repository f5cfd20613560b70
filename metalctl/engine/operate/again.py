"""again: enroll a node once more as it is known, without its CSV file. The same as `enroll FILE --again NODE`."""

from __future__ import annotations

from sqlalchemy import Engine

from metalctl.engine.operate import submit
from metalctl.engine.operate.base import Done
from metalctl.store import nodes


def again(
    database: Engine, names: list[str], *, level: str, allow_erase: bool, actor: str, why: str = "", service: str = ""
) -> list[Done]:
    """All or none. service: the boot network whose service shall walk them.

    UsageError lists every node that cannot be done again.
    """
    with database.connect() as connection:
        known = [nodes.get(connection, name) for name in names]
    rows = [submit.Row(n.name, n.bmc, n.credential, n.profile, n.name, authorities=n.authorities) for n in known]
    handed_over = submit.handed_over(database, names)
    done = submit.submit(
        database,
        rows,
        level=level,
        allow_erase=allow_erase,
        again=handed_over,
        actor=actor,
        why=why,
        service=service,
    )
    return [Done(name, f"is queued again in batch {done.batch}") for name in names]
