"""rename: the node is called otherwise from now on. Its evidence so far keeps the name that it was made under."""

from __future__ import annotations

import re

from sqlalchemy import Engine

from metalctl.engine.operate.base import Done, refuse_under_way
from metalctl.model.errors import UsageError
from metalctl.store import audit, nodes
from metalctl.store.database import lock
from metalctl.store.errors import NotFound

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def rename(database: Engine, node: str, new: str, actor: str, why: str = "") -> Done:
    """UsageError: it is under way, or the new name is taken or no host name."""
    if not _NAME.fullmatch(new):
        raise UsageError(f"{new!r} is not a host name", hint="small letters, digits and dashes, at most 63")
    with database.begin() as connection:
        lock(connection)
        if _known(lambda: nodes.get(connection, new)):
            if not _known(lambda: nodes.get(connection, node)):
                return Done(new, f"is called {new} already", changed=False)
            raise UsageError(f"{new} is another node already", hint=f"metalctl show {new}")
        refuse_under_way(connection, node, "renamed")
        nodes.rename(connection, node, new)
        audit.record(connection, new, "rename", actor=actor, why=why, before=node)
    return Done(new, f"was called {node}")


def _known(look: object) -> bool:
    try:
        look()  # type: ignore[operator]
    except NotFound:
        return False
    return True
