"""`metalctl park`: metalctl stands down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metalctl.cli._operate import verb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from metalctl.engine.operate import Done


@verb
@click.option("--until", metavar="TIME", help="End it automatically: 2026-12-24T18:00 (local time), or +2h, +3d.")
def park(store: Engine, node: str, actor: str, why: str, until: str | None) -> Done:
    """Park nodes while a person works on them: metalctl does nothing to them and sends no alerts about them.

    A reason must be given. Without --until they are parked until `metalctl unpark NODE`.

    Examples:
      metalctl park r7n03 --why 'DIMM A3 is being replaced' --until +2h
    """
    from metalctl.cli._moment import moment
    from metalctl.engine import operate

    return operate.park(store, node, actor, why, moment(until))
