"""accepted: the profile's acceptance checks on the installed system, and its own inventory."""

from __future__ import annotations

import json

from metalctl.engine.pipeline import check_runs, layout
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Done, StageFailed, Wait
from metalctl.engine.reach import runs
from metalctl.model import machine
from metalctl.model.codec import decode
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.run import RunSpec
from metalctl.model.verdict import Verdict

# A power supply is the BMC's to say.
_KINDS = ("system", "cpu", "dimm", "disk", "nic")


def tick(ctx: Context) -> Done | Wait:
    """Inventory once, then the checks."""
    if ctx.inventory("installed") is None:
        _inspect(ctx)
    level = str(ctx.options.get("level", "quick"))
    row = check_runs.follow(ctx, _run_id(ctx), lambda: _spec(ctx), "installed", "accept", level)
    if row.state == "running":
        return check_runs.still_running(ctx, row, row.progress or "checks are starting")
    findings = _same_machine(ctx) + check_runs.conclude([row], ctx.profile)
    if any(f.blocks for f in findings):
        raise StageFailed(findings, runs=[row.run_id])
    return Done({"runs": [row.run_id]}, findings)


def _same_machine(ctx: Context) -> tuple[Finding, ...]:
    """Part by part: what the installed system sees is what was matched."""
    before, after = (machine.parts(ctx.require_inventory(kind)) for kind in ("in-band", "installed"))
    different = machine.differences(before, after, _KINDS)
    expected = f"the {len(before)} parts that were matched"
    if not different:
        return (Finding("installed.machine", Verdict.PASS, expected, "the same", source="in-band and installed"),)
    remedy = "reseat the part, or enroll the node again with --retry if it was replaced on purpose"
    return tuple(
        Finding("installed.machine", Verdict.FAIL, expected, d.said, d.part.label, "in-band and installed", remedy)
        for d in different
    )


def _inspect(ctx: Context) -> None:
    remote = ctx.remote("installed")
    python = runs.push_bundle(remote, ctx.bundle)
    inventory = decode(Inventory, json.loads(remote.check(*python.command("inspect"), timeout=300)))
    ctx.keep_inventory("installed", inventory)


def _run_id(ctx: Context) -> str:
    return f"{ctx.enrollment.id}-accepted-{ctx.enrollment.attempt}"


def _spec(ctx: Context) -> RunSpec:
    boot = ctx.boot("installed")
    return RunSpec(
        run_id=_run_id(ctx),
        node=ctx.node.name,
        kind="accept",
        level=str(ctx.options.get("level", "quick")),
        checks={name: ctx.profile.checks.get(name, {}) for name in ctx.profile.accept},
        roles={role: tuple(d.key for d in disks) for role, disks in layout.roles(ctx).items()},
        bonds=layout.bond_specs(ctx),
        boot_id=boot.boot_id if boot else "",
        errors=ctx.profile.errors,
    )
