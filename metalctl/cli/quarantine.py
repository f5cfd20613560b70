"""`metalctl quarantine`: a node is not trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.cli._operate import verb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done


@verb
def quarantine(store: Engine, node: str, actor: str, why: str) -> Done:
    """Quarantine nodes: metalctl reads and matches them, writes nothing to them and installs nothing.

    A reason must be given.

    Examples:
      metalctl quarantine r7n03 --why 'serial does not fit the label'
    """
    from metalctl.engine import operate

    return operate.quarantine(store, node, actor, why)
