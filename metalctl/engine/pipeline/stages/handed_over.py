"""handed-over: each target of the settings is told of the node, then read back.

Of this node alone: a target that is an inventory of many (kolla-ansible, cephadm) keeps a file a node and puts them
together, and one that is in use by now (Ironic) would refuse to be told again.
"""

from __future__ import annotations

import threading

from metalctl import handover
from metalctl.engine.evidence import reporting
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.pipeline.withdrawal import withdraw
from metalctl.engine.settings import to_clouds
from metalctl.model.codec import decode, encode
from metalctl.model.finding import Finding
from metalctl.store import evidence

# Two nodes that arrive together write the same inventory files.
_WRITING = threading.Lock()


def tick(ctx: Context) -> Done | Wait:
    """Hand over and read back, target by target; then nobody of us gets in any more."""
    if "targets" not in ctx.memo:
        ctx.memo["targets"], findings = _hand_over(ctx)
        ctx.memo["findings"] = encode(findings)
        ctx.save_memo()
    left = withdraw(ctx)
    if isinstance(left, Wait):
        return left
    return Done({"targets": ctx.memo["targets"]}, (*(decode(Finding, f) for f in ctx.memo["findings"]), *left))


def _hand_over(ctx: Context) -> tuple[dict[str, str], tuple[Finding, ...]]:
    services = ctx.services
    settings = to_clouds(services.settings, ctx.enrollment.batch)
    mine = reporting.dossier(services.database, ctx.enrollment.id)
    told: dict[str, str] = {}
    findings: tuple[Finding, ...] = ()
    for name in services.settings.handover:
        target = handover.target(name)
        ctx.fence()
        with _WRITING:
            handed = target.hand_over([mine], settings)
            findings += target.read_back(mine, settings)
        with ctx.store() as connection:
            evidence.set_artifacts(connection, ctx.enrollment.id, list(handed.artifacts))
        told[name] = handed.summary
        ctx.audit("handed-over", target=name, summary=handed.summary)
    if any(f.blocks for f in findings):
        raise StageFailed(findings, targets=told)
    return told, findings
