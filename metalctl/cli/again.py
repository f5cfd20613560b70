"""`metalctl again`: nodes are enrolled once more, as they are known."""

from __future__ import annotations

from pathlib import Path

import click

from metalctl.cli._command import command
from metalctl.cli._operate import why_option
from metalctl.cli._options import json_option, state_options


@command()
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@click.option("--level", type=click.Choice(["quick", "normal", "burn-in"]), default="quick", show_default=True,
              help="How thorough the checks are.")  # fmt: skip
@click.option("--allow-erase", is_flag=True, help="Their disks may be overwritten although they carry data.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@why_option
@json_option
@state_options
def again(
    nodes: tuple[str, ...],
    level: str,
    allow_erase: bool,
    yes: bool,
    why: str,
    as_json: bool,
    config: Path | None,
    state_dir: Path | None,
) -> None:
    """Queue nodes once more, with the BMC, credential and profile that they are known with. The service enrolls them.

    It says first what that destroys, and asks.

    Examples:
      metalctl again r7n03 --allow-erase
    """
    from metalctl.cli._again import confirm_again
    from metalctl.cli._operate import database, tell
    from metalctl.engine import operate
    from metalctl.engine.settings import load

    if not yes:
        confirm_again(nodes, allow_erase, config, state_dir)
    store = database(config, state_dir)
    trail = {"actor": operate.who(), "why": why, "service": load(config, state_dir).boot.network}
    done = operate.again(store, list(dict.fromkeys(nodes)), level=level, allow_erase=allow_erase, **trail)
    tell(done, as_json=as_json)
