"""What `metalctl show NODE` prints: the verdict, what is in the way and what to do, then how it came to be so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metalctl.cli import _findings
from metalctl.cli._layout import fold, paint, table
from metalctl.cli._live import as_read
from metalctl.model.stage import ORDER, Condition
from metalctl.model.verdict import Verdict

if TYPE_CHECKING:
    from metalctl.model.dossier import Dossier
    from metalctl.store.bmcs import Look

_COLOURS = {"PASS": "green", "FAIL": "red", "UNKNOWN": "yellow"}


def verdict(found: Dossier) -> Verdict | None:
    """PASS: it is handed over; FAIL, UNKNOWN: its path has ended before; None while it is under way."""
    if found.condition is Condition.FAILED:
        fails = any(f.blocks and f.verdict is Verdict.FAIL for f in found.findings)
        return Verdict.FAIL if fails else Verdict.UNKNOWN
    ended = found.stage is ORDER[-1] and found.condition is Condition.DONE
    return Verdict.PASS if ended else None


def show(found: Dossier, look: Look | None = None, *, everything: bool) -> None:
    """Print it. look: what was last read of its BMC. everything: what passed, too."""
    emulated = " (EMULATED: not real hardware)" if found.emulated else ""
    said = verdict(found)
    head, *rest = fold(f"{_sentence(found, said)}{emulated}", f"{found.node}  ", "  ")
    click.echo("\n".join([paint(head, _COLOURS.get(said or ""), bold=True), *rest]))
    click.echo()
    if found.findings:
        _findings.show(found.findings, everything)
    if said in (Verdict.FAIL, Verdict.UNKNOWN):
        click.echo(f"when that is fixed: metalctl enroll --retry {found.node}")
    click.echo()
    for line in (*_facts(found, look), "", *_stages(found)):
        click.echo(line)
    for artifact in found.artifacts:
        click.echo(f"{artifact.kind:<14} {artifact.path}")


def _sentence(found: Dossier, said: Verdict | None) -> str:
    blocking = _findings.counted(found.findings)
    if said is Verdict.PASS:
        waived = sum(f.waiver is not None for f in found.findings)
        return f"PASS: accepted and handed over{f', {waived} waived' if waived else ''}"
    if said is None:
        return f"{found.condition} in stage {found.stage}{f': {blocking} so far' if blocking else ''}"
    why = f"in the way: {blocking}" if blocking else "no requirement is in the way: metalctl.log says why"
    return f"{said}: it stopped in stage {found.stage}; {why}"


def _facts(found: Dossier, look: Look | None) -> list[str]:
    who = found.identity
    machine = " ".join(w for w in (who.manufacturer, who.product, f"serial {who.serial or '?'}") if w)
    read = " ".join(w for w in (as_read(look), look.problem and f"({look.problem})") if w) if look else ""
    facts = {
        "machine": machine,
        "BMC": found.bmc_address,
        "power": read,
        "profile": found.profile,
        "batch": found.batch,
    }
    return [line for name, value in facts.items() if value for line in fold(value, f"{name:<9}")]


def _stages(found: Dossier) -> list[str]:
    rows = [
        (r.stage, r.condition, r.started[11:19], r.finished[11:19], str(r.attempts) if r.attempts > 1 else "", "")
        for r in found.stages
    ]
    colours = {1: {"failed": "red", "done": "green"}}
    return table(("stage", "condition", "began", "ended", "tries", ""), rows, colours)
