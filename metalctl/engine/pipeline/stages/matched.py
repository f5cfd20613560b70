"""matched: both inventories against each other and against the profile.

Nothing was written to the node so far; if this fails nothing will be.
"""

from __future__ import annotations

from metalctl.engine.evidence import peers
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.model.finding import Finding
from metalctl.model.match import match, waive
from metalctl.model.merge import merge


def tick(ctx: Context) -> Done | Wait:
    """One finding a requirement and one a contradiction; any that blocks ends the enrollment here."""
    findings = _findings(ctx)
    if any(f.blocks for f in findings):
        raise StageFailed(findings, profile=ctx.profile.name)
    return Done({"profile": ctx.profile.name, "digest": ctx.profile.digest, "requirements": len(findings)}, findings)


def _findings(ctx: Context) -> tuple[Finding, ...]:
    inside, outside = ctx.require_inventory("in-band"), ctx.inventory("out-of-band")
    contradictions = waive(merge(outside, inside).findings, ctx.profile) if outside else ()
    found = (*match(inside, ctx.profile, outside), *contradictions)
    with ctx.store() as connection:
        return peers.named(connection, ctx.node.name, ctx.enrollment.profile, inside, found)
