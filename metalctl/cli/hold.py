"""`metalctl hold`: a node goes no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.cli._operate import verb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done


@verb
def hold(store: Engine, node: str, actor: str, why: str) -> Done:
    """Stop a node before its next step. A check or an installation that is running is not interrupted.

    Its place among the booting nodes is given to another. `metalctl resume NODE` continues it.

    Examples:
      metalctl hold r7n03 --why 'the switch is being replaced'
    """
    from metalctl.engine import operate

    return operate.hold(store, node, actor, why)
