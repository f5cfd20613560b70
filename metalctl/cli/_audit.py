"""What `metalctl show NODE --audit` prints: who did what to the node, and when."""

from __future__ import annotations

import click

from metalctl.cli._options import Home


def show_audit(node: str, as_json: bool, home: Home) -> None:
    """The node's audit trail, oldest first; NotFound when the node is not known."""
    import json

    from metalctl.engine.evidence.dossiers import audit_trail

    lines = audit_trail(home.state(), node)
    if as_json:
        click.echo(json.dumps({"node": node, "audit": lines}, indent=2, ensure_ascii=False))
        return
    for line in lines:
        detail = "  ".join(f"{name}={value}" for name, value in line["detail"].items() if value not in (None, ""))
        click.echo(f"{line['at'][:19].replace('T', ' ')}  {line['actor']:<10} {line['action']:<16} {detail}".rstrip())
    if not lines:
        click.echo(f"{node}: nothing was done to it yet")
