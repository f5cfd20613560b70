"""certified: a signed statement of what was proven, read back from the disk and verified."""

from __future__ import annotations

from metalctl.engine.evidence import reporting
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, Wait


def tick(ctx: Context) -> Done | Wait:
    """Issue, write, read back, verify."""
    services = ctx.services
    artifact, _payload = reporting.certify(services.database, services.settings.state, ctx.enrollment.id)
    ctx.audit("certified", path=artifact.path, sha256=artifact.sha256)
    return Done({"certificate": artifact.path, "sha256": artifact.sha256})
