"""What the verbs have in common: who acts, the outcome, a mark that is set or taken away."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from metalctl.model.errors import UsageError
from metalctl.store import audit, enrollments, marks, nodes
from metalctl.store.database import lock, now
from metalctl.store.enrollments import Enrollment
from metalctl.store.errors import NotFound
from metalctl.store.marks import Mark


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb did to one node, as a sentence. changed: False when it was so already."""

    node: str
    said: str
    changed: bool = True


def who() -> str:
    """The person at the keyboard: who became root with sudo is named, not root."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def under_way(connection: Connection, node: str) -> Enrollment | None:
    """The enrollment of a node that has not ended, if there is one; NotFound: no such node."""
    nodes.get(connection, node)
    try:
        latest = enrollments.latest(connection, node)
    except NotFound:
        return None
    return None if latest.ended else latest


def refuse_under_way(connection: Connection, node: str, verb: str) -> None:
    """Raises UsageError while the node is being walked."""
    if (found := under_way(connection, node)) is not None:
        raise UsageError(
            f"{node} cannot be {verb} while it is under way ({found.stage}, {found.condition})",
            hint=f"cancel it first: metalctl cancel {node}",
        )


def set_mark(database: Engine, node: str, kind: str, actor: str, why: str, until: str = "") -> Done:
    """Set a mark, tell the audit trail, and let the walk of the node look."""
    with database.begin() as connection:
        lock(connection)
        found = under_way(connection, node)
        before = marks.of_node(connection, node).get(kind)
        if before is not None and (before.why, before.until) == (why, until):
            return Done(node, f"is {before} already", changed=False)
        mark = Mark(node, kind, actor, why, now(), until)
        marks.put(connection, mark)
        audit.record(connection, node, kind, actor=actor, why=why, **({"until": until} if until else {}))
        if found is not None:
            marks.signal(connection, found.id)
    return Done(node, str(mark))


def take_mark(database: Engine, node: str, kind: str, verb: str, actor: str, why: str) -> Done:
    """Take a mark away."""
    with database.begin() as connection:
        lock(connection)
        found = under_way(connection, node)
        if not marks.remove(connection, node, kind):
            return Done(node, f"is not {kind}", changed=False)
        audit.record(connection, node, verb, actor=actor, why=why)
        if found is not None:
            marks.signal(connection, found.id)
    return Done(node, f"is no longer {kind}")
