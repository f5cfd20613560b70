"""What `metalctl show NODE --diff` prints: parts swapped, links narrower, firmware moved, and what to check again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from metalctl.cli._findings import plain
from metalctl.cli._options import Home

if TYPE_CHECKING:
    from metalctl.model.inventory import Inventory


def show_changes(node: str, as_json: bool, home: Home) -> None:
    """Compare the last two inventories of each side; NotFound when the node is not known."""
    import json

    from metalctl.engine.evidence.dossiers import last_inventories

    pairs = last_inventories(home.state(), node)
    compared = [_compared(side, *pair) for side, pair in pairs.items() if len(pair) == 2]
    if as_json:
        click.echo(json.dumps({"node": node, "sides": compared}, indent=2, ensure_ascii=False))
    elif not compared:
        click.echo(f"{node}: no side has two inventories yet; each enrollment takes new ones")
    else:
        for side in compared:
            _print(node, side)


def _compared(side: str, before: Inventory, after: Inventory) -> dict[str, Any]:
    from metalctl.model.codec import encode
    from metalctl.model.diff import checks, diff

    changes = diff(before, after)
    told = [{**encode(change), "sentence": change.sentence} for change in changes]
    return {
        "side": side, "before": before.taken, "after": after.taken, "changes": told, "checks": list(checks(changes))
    }  # fmt: skip


def _print(node: str, side: dict[str, Any]) -> None:
    click.echo(f"{node} {side['side']}: {side['before']} → {side['after']}")
    for change in side["changes"]:
        click.echo(f"  {plain(change['sentence'])}")
    if not side["changes"]:
        click.echo("  nothing changed")
    if side["checks"]:
        click.echo(f"  to run again: {', '.join(side['checks'])}")
