"""`metalctl priority`: who boots first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metalctl.cli._numbers import Count
from metalctl.cli._operate import verb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done


@verb
@click.option("--set", "number", type=Count(-100, 100), required=True, help="Higher boots first; 0 is usual.")
def priority(store: Engine, node: str, actor: str, why: str, number: int) -> Done:
    """Set which nodes boot first when places are short.

    Examples:
      metalctl priority r7n03 --set 10
    """
    from metalctl.engine import operate

    return operate.prioritize(store, node, number, actor, why)
