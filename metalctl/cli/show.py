"""`metalctl show`: one node, whole."""

from __future__ import annotations

import click

from metalctl.cli._command import command
from metalctl.cli._errors import exit_with
from metalctl.cli._options import Home, json_option, state_options


@command()
@click.argument("node")
@click.option("--diff", is_flag=True, help="What changed between its last two inventories, and what to check again.")
@click.option("--audit", is_flag=True, help="Who did what to it, and when: power, disks, BMC, retries.")
@click.option("--all", "everything", is_flag=True, help="Print what passes, too.")
@json_option
@state_options
def show(node: str, diff: bool, audit: bool, everything: bool, as_json: bool, home: Home) -> None:
    """Show a node: the verdict, what is in the way and what to do; then its stages and its files.

    Exit code 1 when the node failed, 3 when something is UNKNOWN or metalctl itself failed, else 0.

    Examples:
      metalctl show r7n03
      metalctl show r7n03 --diff    # after a part was swapped
      metalctl show r7n03 --audit   # who switched it off?
    """
    if diff and audit:
        raise click.UsageError("--diff and --audit are two questions: ask one at a time")
    if audit:
        from metalctl.cli._audit import show_audit

        show_audit(node, as_json, home)
        return
    if diff:
        from metalctl.cli._changes import show_changes

        show_changes(node, as_json, home)
        return
    import json
    from dataclasses import replace

    from metalctl.cli import _node_page
    from metalctl.engine.evidence.dossiers import last_look, load_dossier
    from metalctl.engine.evidence.peers import named_in
    from metalctl.model.codec import encode
    from metalctl.model.verdict import exit_code

    state = home.state()
    found, look = load_dossier(state, node), last_look(state, node)
    if found.in_band:
        findings = named_in(state, found.node, found.profile, found.in_band, found.findings)
        found = replace(found, findings=findings)
    if as_json:
        click.echo(json.dumps({**encode(found), "bmc": encode(look)}, indent=2))
    else:
        _node_page.show(found, look, everything=everything)
    if (verdict := _node_page.verdict(found)) is not None:
        exit_with(exit_code([verdict]))
