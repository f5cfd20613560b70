"""`metalctl resume`: a node that was held goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.cli._operate import verb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done


@verb
def resume(store: Engine, node: str, actor: str, why: str) -> Done:
    """Continue held nodes.

    Examples:
      metalctl resume r7n03
    """
    from metalctl.engine import operate

    return operate.resume(store, node, actor, why)
