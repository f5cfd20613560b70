"""`metalctl release`: a node is trusted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.cli._operate import verb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done


@verb
def release(store: Engine, node: str, actor: str, why: str) -> Done:
    """End the quarantine of nodes.

    Examples:
      metalctl release r7n03 --why 'label was wrong'
    """
    from metalctl.engine import operate

    return operate.release(store, node, actor, why)
