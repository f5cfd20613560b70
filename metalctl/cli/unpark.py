"""`metalctl unpark`: metalctl goes on with a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.cli._operate import verb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done


@verb
def unpark(store: Engine, node: str, actor: str, why: str) -> Done:
    """Continue parked nodes, and send alerts about them again.

    Examples:
      metalctl unpark r7n03
    """
    from metalctl.engine import operate

    return operate.unpark(store, node, actor, why)
