"""Before a node that is handed over is done again: say what that destroys, and ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metalctl.cli._options import Home

if TYPE_CHECKING:
    from metalctl.model.dossier import Dossier


def confirm_again(names: Sequence[str], erase: bool, home: Home) -> None:
    """Go on only when somebody who read it says so; not on a terminal, only with --yes."""
    from metalctl.engine.evidence.dossiers import load_dossier
    from metalctl.model.errors import UsageError

    state = home.state()
    for name in names:
        for line in _destroyed(load_dossier(state, name), erase=erase):
            click.echo(line, err=True)
    if not sys.stdin.isatty():
        raise UsageError(
            "not a terminal: it cannot be asked whether to go on",
            hint="if that is what you want, add --yes",
        )
    click.confirm("Go on?", abort=True, err=True)


def _destroyed(dossier: Dossier, *, erase: bool) -> Iterator[str]:
    yield f"{dossier.node} is {dossier.stage}, {dossier.condition} ({Path(dossier.profile).stem}). Doing it again:"
    yield "  - power-cycles it; whatever runs on it is interrupted, and the cloud is not asked"
    if dossier.installation is not None:
        done = dossier.installation
        yield f"  - overwrites the {done.os} installed on disk serial {done.disk_serial}"
    for role, disks in sorted(dossier.disk_roles.items()):
        written = role == "wal" or any(d.serial == getattr(dossier.installation, "disk_serial", "") for d in disks)
        if written:
            yield f"  - writes to the {role} disks: {', '.join(d.serial for d in disks)}"
    if not erase:
        yield "  It will stop before it writes: these disks carry data. To overwrite them add --allow-erase."
